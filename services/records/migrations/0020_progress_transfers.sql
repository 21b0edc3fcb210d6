-- Progress that was moved from a person's own assignment to an organization's.
ALTER TABLE assignments
    ADD COLUMN transferred_to_person_id     uuid,
    ADD COLUMN transferred_to_assignment_id uuid,
    ADD COLUMN transfer_time                timestamptz,
    ADD CONSTRAINT assignments_transferred CHECK (
        (transferred_to_person_id IS NULL) = (transferred_to_assignment_id IS NULL)
        AND (transferred_to_person_id IS NULL OR (state = 'CANCELLED' AND transfer_time IS NOT NULL))),
    DROP CONSTRAINT assignments_cancel_reason,
    ADD CONSTRAINT assignments_cancel_reason
        CHECK (cancel_reason IN ('EMPLOYMENT_OVER', 'NOT_REQUIRED', 'TAKEN_BACK', 'TRANSFERRED'));

COMMENT ON COLUMN assignments.transferred_to_person_id IS 'Whose assignment has its progress now; NULL when it was not moved';
COMMENT ON COLUMN assignments.transferred_to_assignment_id IS 'That assignment';
COMMENT ON COLUMN assignments.transfer_time IS 'When progress was moved to it, or from it; NULL when none was';

-- Decides the race of two beginnings: at most one live assignment of a training that a person took by themself.
CREATE UNIQUE INDEX assignments_one_own ON assignments (person_id, training_id)
    WHERE organization_id IS NULL AND employment_id IS NULL AND state IN ('ASSIGNED', 'IN_PROGRESS');

CREATE TABLE progress_transfers (
    person_id        uuid        NOT NULL,
    assignment_id    uuid        NOT NULL,
    to_person_id     uuid        NOT NULL,
    to_assignment_id uuid        NOT NULL,
    organization_id  uuid        NOT NULL,
    training_id      uuid        NOT NULL,
    progress_percent smallint    NOT NULL,
    to_percent       smallint    NOT NULL,
    actor_person_id  uuid        NOT NULL,
    reason           text,
    transfer_time    timestamptz NOT NULL,
    CONSTRAINT progress_transfers_pkey PRIMARY KEY (person_id, assignment_id),
    CONSTRAINT progress_transfers_from FOREIGN KEY (person_id, assignment_id)
        REFERENCES assignments (person_id, assignment_id),
    CONSTRAINT progress_transfers_to FOREIGN KEY (to_person_id, to_assignment_id)
        REFERENCES assignments (person_id, assignment_id),
    CONSTRAINT progress_transfers_by CHECK (reason IS NOT NULL OR (actor_person_id = person_id AND person_id = to_person_id))
);

-- Serves the history of whoever the progress came to.
CREATE INDEX progress_transfers_of_target ON progress_transfers (to_person_id, assignment_id DESC);

COMMENT ON TABLE progress_transfers IS 'Every progress that was moved, with what was there before; never changed. The person owns the row whose it was';
COMMENT ON COLUMN progress_transfers.person_id IS 'Whose progress it was';
COMMENT ON COLUMN progress_transfers.assignment_id IS 'From where: moved once';
COMMENT ON COLUMN progress_transfers.to_person_id IS 'Whose it is now: the same, or another sign-in of theirs';
COMMENT ON COLUMN progress_transfers.to_assignment_id IS 'To where';
COMMENT ON COLUMN progress_transfers.organization_id IS 'Whose assignment that was';
COMMENT ON COLUMN progress_transfers.training_id IS 'The training of both';
COMMENT ON COLUMN progress_transfers.progress_percent IS 'How far it was where it came from';
COMMENT ON COLUMN progress_transfers.to_percent IS 'How far it was where it went to';
COMMENT ON COLUMN progress_transfers.actor_person_id IS 'Who moved it: the person, or a registry staff member';
COMMENT ON COLUMN progress_transfers.reason IS 'Why registry staff did; NULL when the person did';
COMMENT ON COLUMN progress_transfers.transfer_time IS 'When';
