-- no-transaction
-- Serves the look for the last invitation of an address in an organization: one step, whatever other organizations have. Nothing else has
-- this expression, so that a plan that is made while the table is young takes no other index for it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS invitations_of_address ON invitations (
    (organization_id::text || ' ' || address_canonical),
    create_time,
    invitation_id
);
