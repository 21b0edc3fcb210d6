-- The database of employment, on Citus: what README.md says of it. Not run on Citus.

-- It serves a search, and decides no race: a grant's id is a UUID.
DROP INDEX employments_consents;
CREATE INDEX employments_consents ON employments (person_id, consent_grant_id) WHERE consent_grant_id IS NOT NULL;

SELECT create_distributed_table('employments', 'organization_id');
SELECT create_distributed_table('employment_groups', 'organization_id', colocate_with => 'employments');
SELECT create_distributed_table('employment_positions', 'organization_id', colocate_with => 'employments');
SELECT create_distributed_table('employment_rejections', 'organization_id', colocate_with => 'employments');
SELECT create_distributed_table('further_consents', 'organization_id', colocate_with => 'employments');
SELECT create_distributed_table('verification_notices', 'organization_id', colocate_with => 'employments');
SELECT create_distributed_table('closings', 'organization_id', colocate_with => 'employments');
SELECT create_distributed_table('history_entries', 'organization_id', colocate_with => 'employments');
SELECT create_distributed_table('history_heads', 'organization_id', colocate_with => 'employments');

-- Worked through in one order for all organizations: on one node.
SELECT citus_add_local_table_to_metadata('outbox');
SELECT citus_add_local_table_to_metadata('inbox');
SELECT citus_add_local_table_to_metadata('idempotency');
SELECT citus_add_local_table_to_metadata('lease_holders');
SELECT citus_add_local_table_to_metadata('periodic_jobs');
