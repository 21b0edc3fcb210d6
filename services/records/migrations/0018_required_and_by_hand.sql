-- Who is in which group, what groups require, why something is to be taken, and until when.
ALTER TABLE employment_projection
    ADD COLUMN group_ids   uuid[],
    ADD COLUMN location_id uuid;

-- Serves what a group comes to require: who is in it.
CREATE INDEX employment_projection_of_group ON employment_projection USING gin (group_ids);
-- Serves the question where those are placed of whom only a former version has heard.
CREATE INDEX employment_projection_unplaced ON employment_projection (organization_id, person_id)
    WHERE group_ids IS NULL;

COMMENT ON COLUMN employment_projection.group_ids IS 'The groups the learner is in; NULL of what a former version took in, until it is asked for';
COMMENT ON COLUMN employment_projection.location_id IS 'The place of work; NULL when not said, or not known yet';

CREATE TABLE group_projection (
    organization_id uuid    NOT NULL,
    group_id        uuid    NOT NULL,
    is_active       boolean NOT NULL,
    training_ids    uuid[]  NOT NULL,
    sequence        bigint  NOT NULL CONSTRAINT group_projection_sequence CHECK (sequence >= 0),
    CONSTRAINT group_projection_pkey PRIMARY KEY (organization_id, group_id)
);

COMMENT ON TABLE group_projection IS 'What groups are known to require: whoever is assigned something by a group looks here, under a lock';
COMMENT ON COLUMN group_projection.organization_id IS 'The organization: the tenant';
COMMENT ON COLUMN group_projection.group_id IS 'The group, in the organization service';
COMMENT ON COLUMN group_projection.is_active IS 'Whether it takes learners: one that does not requires nothing new of anybody';
COMMENT ON COLUMN group_projection.training_ids IS 'The trainings that it requires';
COMMENT ON COLUMN group_projection.sequence IS 'Version of the group; only a newer one is applied';

ALTER TABLE assignments
    ALTER COLUMN group_id DROP NOT NULL,
    ADD COLUMN group_ids     uuid[],
    ADD COLUMN is_by_hand    boolean NOT NULL DEFAULT false,
    ADD COLUMN due_date      date,
    ADD COLUMN due_zone      text,
    ADD COLUMN due_end_time  timestamptz,
    ADD COLUMN due_group_id  uuid,
    ADD COLUMN cancel_reason text CONSTRAINT assignments_cancel_reason
        CHECK (cancel_reason IN ('EMPLOYMENT_OVER', 'NOT_REQUIRED', 'TAKEN_BACK')),
    ADD CONSTRAINT assignments_due CHECK (
        (due_date IS NULL) = (due_zone IS NULL) AND (due_date IS NULL) = (due_end_time IS NULL)
        AND (due_group_id IS NULL OR due_date IS NOT NULL));

COMMENT ON COLUMN assignments.group_id IS 'The group that required it first; NULL when none did';
COMMENT ON COLUMN assignments.group_ids IS 'The groups that require it; NULL of what a former version assigned: group_id alone';
COMMENT ON COLUMN assignments.is_by_hand IS 'Whether the organization assigned it by hand';
COMMENT ON COLUMN assignments.due_date IS 'The last day on which it is done in time; NULL: there is none';
COMMENT ON COLUMN assignments.due_zone IS 'The time zone in which that day ends';
COMMENT ON COLUMN assignments.due_end_time IS 'When that day is over there: the first moment of the next one';
COMMENT ON COLUMN assignments.due_group_id IS 'The group to whose learners that day was said; NULL when it was said to the learner themself';
COMMENT ON COLUMN assignments.cancel_reason IS 'Why it is CANCELLED; of no meaning otherwise, and NULL of what was cancelled before that was kept';
