-- no-transaction
-- Serves the counts by state: whose time runs out between two moments, and who is the next. That versions are above 0 is always so, and no
-- other statement says it: a plan that is made while the table is young takes this index for nothing else. Built beside who reads and writes.
CREATE INDEX CONCURRENTLY IF NOT EXISTS invitations_expiring ON invitations (organization_id, expire_time) INCLUDE (state)
    WHERE state IN ('PROSPECT', 'PENDING') AND version > 0;
