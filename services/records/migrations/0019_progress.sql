-- Serves the progress of all learners of an organization, newest first, and of one training.
CREATE INDEX assignments_progress ON assignments (organization_id, assignment_id DESC);
CREATE INDEX assignments_of_training ON assignments (organization_id, training_id, assignment_id DESC);
-- Serves who is late: the longest first.
CREATE INDEX assignments_late ON assignments (organization_id, due_end_time, assignment_id)
    WHERE state IN ('ASSIGNED', 'IN_PROGRESS') AND due_end_time IS NOT NULL;
