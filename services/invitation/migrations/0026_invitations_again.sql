-- no-transaction
-- Serves the counts of learners: what those of an organization have not accepted, learner after learner.
CREATE INDEX CONCURRENTLY IF NOT EXISTS invitations_again ON invitations (organization_id, learner_id, invitation_id) INCLUDE (state, expire_time)
    WHERE learner_id IS NOT NULL AND person_id IS NULL;
