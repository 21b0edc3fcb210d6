-- no-transaction
-- Serves the list of learners: what a learner has not accepted, what is live last. The learner comes first, so that it serves nothing
-- else, and the planner has no other index for it.
CREATE INDEX CONCURRENTLY IF NOT EXISTS invitations_of_learner ON invitations (learner_id, (state IN ('PROSPECT', 'PENDING')), invitation_id)
    WHERE learner_id IS NOT NULL AND person_id IS NULL;
