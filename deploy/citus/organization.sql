-- The database of organization, on Citus: what README.md says of it. Not run on Citus.

-- Unique over all organizations (number, license, programme), and every other table refers to it: whole on each node.
SELECT create_reference_table('programme_loads');
SELECT create_reference_table('refused_programme_rows');
SELECT create_reference_table('programmes');
SELECT create_reference_table('registry_vocabulary');
SELECT create_reference_table('organizations');
-- A slug is unique over all organizations.
SELECT create_reference_table('join_page_slugs');

-- What belongs to an organization is where the organization is.
SELECT create_distributed_table('locations', 'organization_id');
SELECT create_distributed_table('catalog_trainings', 'organization_id', colocate_with => 'locations');
SELECT create_distributed_table('groups', 'organization_id', colocate_with => 'locations');
SELECT create_distributed_table('group_trainings', 'organization_id', colocate_with => 'locations');
SELECT create_distributed_table('subscriptions', 'organization_id', colocate_with => 'locations');
SELECT create_distributed_table('staff_acts', 'organization_id', colocate_with => 'locations');
SELECT create_distributed_table('staff_reads', 'organization_id', colocate_with => 'locations');
SELECT create_distributed_table('employment_projection', 'organization_id', colocate_with => 'locations');
SELECT create_distributed_table('profile_users', 'organization_id', colocate_with => 'locations');
SELECT create_distributed_table('profile_user_addresses', 'organization_id', colocate_with => 'locations');
SELECT create_distributed_table('access_requests', 'organization_id', colocate_with => 'locations');
SELECT create_distributed_table('access_notices', 'organization_id', colocate_with => 'locations');
SELECT create_distributed_table('access_reminders', 'organization_id', colocate_with => 'locations');
SELECT create_distributed_table('ownership_offers', 'organization_id', colocate_with => 'locations');
SELECT create_distributed_table('ownership_notices', 'organization_id', colocate_with => 'locations');
SELECT create_distributed_table('suspension_notices', 'organization_id', colocate_with => 'locations');
SELECT create_distributed_table('reviews', 'organization_id', colocate_with => 'locations');
SELECT create_distributed_table('join_pages', 'organization_id', colocate_with => 'locations');
SELECT create_distributed_table('join_page_logos', 'organization_id', colocate_with => 'locations');
SELECT create_distributed_table('license_numbers', 'organization_id', colocate_with => 'locations');
SELECT create_distributed_table('history_entries', 'organization_id', colocate_with => 'locations');
SELECT create_distributed_table('history_heads', 'organization_id', colocate_with => 'locations');

-- Of no organization, or worked through in one order for all of them: on one node.
SELECT citus_add_local_table_to_metadata('ended_sessions');
SELECT citus_add_local_table_to_metadata('outbox');
SELECT citus_add_local_table_to_metadata('inbox');
SELECT citus_add_local_table_to_metadata('idempotency');
SELECT citus_add_local_table_to_metadata('lease_holders');
SELECT citus_add_local_table_to_metadata('periodic_jobs');
