-- no-transaction
-- Serves the list of learners by rare states: those who are not active, without a look at those who are.
CREATE INDEX CONCURRENTLY IF NOT EXISTS learners_inactive ON learners (organization_id, learner_id) WHERE NOT is_active;
