-- The database of records, on Citus: what README.md says of it. Not run on Citus.

-- Weaker than before: that a number is nobody else's is then left to how it is drawn.
ALTER TABLE certificates
    DROP CONSTRAINT certificates_number,
    ADD CONSTRAINT certificates_number UNIQUE (person_id, certificate_number);
-- Weaker than before: the other person's assignment is elsewhere.
ALTER TABLE progress_transfers DROP CONSTRAINT progress_transfers_to;

SELECT create_reference_table('trainings');

-- A learning record is the person's, at all organizations.
SELECT create_distributed_table('assignments', 'person_id');
SELECT create_distributed_table('certificates', 'person_id', colocate_with => 'assignments');
SELECT create_distributed_table('grants', 'person_id', colocate_with => 'assignments');
SELECT create_distributed_table('record_accesses', 'person_id', colocate_with => 'assignments');
SELECT create_distributed_table('progress_transfers', 'person_id', colocate_with => 'assignments');

-- What other services told, and the history, are the organization's.
SELECT create_distributed_table('group_projection', 'organization_id');
SELECT create_distributed_table('employment_projection', 'organization_id', colocate_with => 'group_projection');
SELECT create_distributed_table('history_entries', 'organization_id', colocate_with => 'group_projection');
SELECT create_distributed_table('history_heads', 'organization_id', colocate_with => 'group_projection');

-- Worked through in one order for everybody: on one node.
SELECT citus_add_local_table_to_metadata('outbox');
SELECT citus_add_local_table_to_metadata('inbox');
SELECT citus_add_local_table_to_metadata('idempotency');
SELECT citus_add_local_table_to_metadata('lease_holders');
SELECT citus_add_local_table_to_metadata('periodic_jobs');
