-- The database of invitation, on Citus: what README.md says of it. Not run on Citus.

SELECT create_distributed_table('invitations', 'organization_id');
SELECT create_distributed_table('invitation_groups', 'organization_id', colocate_with => 'invitations');
SELECT create_distributed_table('learners', 'organization_id', colocate_with => 'invitations');
SELECT create_distributed_table('imports', 'organization_id', colocate_with => 'invitations');
SELECT create_distributed_table('import_rows', 'organization_id', colocate_with => 'invitations');
SELECT create_distributed_table('join_requests', 'organization_id', colocate_with => 'invitations');
SELECT create_distributed_table('opt_outs', 'organization_id', colocate_with => 'invitations');
SELECT create_distributed_table('lifted_opt_outs', 'organization_id', colocate_with => 'invitations');
SELECT create_distributed_table('message_counts', 'organization_id', colocate_with => 'invitations');
SELECT create_distributed_table('inviter_message_counts', 'organization_id', colocate_with => 'invitations');
SELECT create_distributed_table('closings', 'organization_id', colocate_with => 'invitations');
SELECT create_distributed_table('acceptance_notices', 'organization_id', colocate_with => 'invitations');
SELECT create_distributed_table('unmet_acceptances', 'organization_id', colocate_with => 'invitations');
SELECT create_distributed_table('invitation_counts', 'organization_id', colocate_with => 'invitations');
SELECT create_distributed_table('counted_organizations', 'organization_id', colocate_with => 'invitations');
SELECT create_distributed_table('invitation_count_changes', 'organization_id', colocate_with => 'invitations');

-- Of no organization, or worked through in one order for all of them: on one node.
SELECT citus_add_local_table_to_metadata('employment_adoption');
SELECT citus_add_local_table_to_metadata('outbox');
SELECT citus_add_local_table_to_metadata('inbox');
SELECT citus_add_local_table_to_metadata('idempotency');
SELECT citus_add_local_table_to_metadata('lease_holders');
SELECT citus_add_local_table_to_metadata('periodic_jobs');
