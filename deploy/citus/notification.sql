-- The database of notification, on Citus: what README.md says of it. Not run on Citus.

-- As strong as before: the subject names the organization.
ALTER TABLE deliveries
    DROP CONSTRAINT deliveries_once,
    ADD CONSTRAINT deliveries_once UNIQUE (organization_id, subject, purpose, generation, request);

SELECT create_distributed_table('deliveries', 'organization_id');

-- Worked through in one order for all organizations: on one node.
SELECT citus_add_local_table_to_metadata('outbox');
SELECT citus_add_local_table_to_metadata('inbox');
SELECT citus_add_local_table_to_metadata('idempotency');
SELECT citus_add_local_table_to_metadata('lease_holders');
SELECT citus_add_local_table_to_metadata('periodic_jobs');
