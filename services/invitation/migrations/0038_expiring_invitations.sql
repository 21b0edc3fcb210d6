-- no-transaction
-- Serves the counts by state: whose time runs out between two moments, and who is the next. Built beside who reads and writes.
CREATE INDEX CONCURRENTLY IF NOT EXISTS invitations_expiring ON invitations (organization_id, expire_time) INCLUDE (state)
    WHERE state IN ('PROSPECT', 'PENDING');
