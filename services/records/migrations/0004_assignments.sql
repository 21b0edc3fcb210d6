-- Trainings that persons must take, and the proofs that they did. The person owns the rows: keys begin with them.
CREATE TABLE assignments (
    person_id        uuid        NOT NULL,
    assignment_id    uuid        NOT NULL,
    organization_id  uuid        NOT NULL,
    training_id      uuid        NOT NULL CONSTRAINT assignments_training REFERENCES trainings (training_id),
    group_id         uuid        NOT NULL,
    state            text        NOT NULL CONSTRAINT assignments_state
        CHECK (state IN ('ASSIGNED', 'IN_PROGRESS', 'COMPLETED', 'CANCELLED')),
    progress_percent smallint    NOT NULL CONSTRAINT assignments_progress CHECK (progress_percent BETWEEN 0 AND 100),
    certificate_id   uuid,
    version          bigint      NOT NULL CONSTRAINT assignments_version CHECK (version > 0),
    assign_time      timestamptz NOT NULL,
    start_time       timestamptz,
    complete_time    timestamptz,
    CONSTRAINT assignments_pkey PRIMARY KEY (person_id, assignment_id),
    CONSTRAINT assignments_begun CHECK (state NOT IN ('IN_PROGRESS', 'COMPLETED') OR start_time IS NOT NULL),
    CONSTRAINT assignments_completed CHECK (
        (state = 'COMPLETED') = (complete_time IS NOT NULL)
        AND (state = 'COMPLETED') = (certificate_id IS NOT NULL)
        AND (state = 'COMPLETED') = (progress_percent = 100))
);

-- Decides the race of two events: at most one live assignment of a person, organization and training.
CREATE UNIQUE INDEX assignments_one_live ON assignments (person_id, organization_id, training_id)
    WHERE state IN ('ASSIGNED', 'IN_PROGRESS');
-- Serves the organization's view of a learner, newest first.
CREATE INDEX assignments_of_organization ON assignments (organization_id, person_id, assignment_id DESC);

COMMENT ON TABLE assignments IS 'Trainings that a person must take';
COMMENT ON COLUMN assignments.person_id IS 'The learner, who owns the row';
COMMENT ON COLUMN assignments.assignment_id IS 'UUIDv7: newest first is the order of this id';
COMMENT ON COLUMN assignments.organization_id IS 'The organization that made it';
COMMENT ON COLUMN assignments.training_id IS 'The training';
COMMENT ON COLUMN assignments.group_id IS 'The group whose training it is';
COMMENT ON COLUMN assignments.state IS 'ASSIGNED and IN_PROGRESS are live';
COMMENT ON COLUMN assignments.progress_percent IS 'How far, in percent; never goes back; 100 only when COMPLETED';
COMMENT ON COLUMN assignments.certificate_id IS 'The certificate; NULL before completion';
COMMENT ON COLUMN assignments.version IS 'Raised with every change under the row lock';
COMMENT ON COLUMN assignments.assign_time IS 'When it was assigned';
COMMENT ON COLUMN assignments.start_time IS 'When the learner began; NULL before';
COMMENT ON COLUMN assignments.complete_time IS 'When the learner completed it; NULL before';

CREATE TABLE certificates (
    person_id             uuid        NOT NULL,
    certificate_id        uuid        NOT NULL,
    certificate_number    text        NOT NULL,
    assignment_id         uuid        NOT NULL,
    organization_id       uuid        NOT NULL,
    training_id           uuid        NOT NULL CONSTRAINT certificates_training REFERENCES trainings (training_id),
    training_display_name text        NOT NULL,
    issue_time            timestamptz NOT NULL,
    CONSTRAINT certificates_pkey PRIMARY KEY (person_id, certificate_id),
    CONSTRAINT certificates_number UNIQUE (certificate_number),
    -- Decides the race of two completions.
    CONSTRAINT certificates_one_each UNIQUE (person_id, assignment_id),
    CONSTRAINT certificates_assignment FOREIGN KEY (person_id, assignment_id)
        REFERENCES assignments (person_id, assignment_id)
);

COMMENT ON TABLE certificates IS 'Proofs that a person completed a training; never changed';
COMMENT ON COLUMN certificates.person_id IS 'Who completed it, and owns the row';
COMMENT ON COLUMN certificates.certificate_id IS 'UUIDv7: newest first is the order of this id';
COMMENT ON COLUMN certificates.certificate_number IS '128 random bits in base32: unique everywhere, cannot be guessed';
COMMENT ON COLUMN certificates.assignment_id IS 'The assignment that it completed';
COMMENT ON COLUMN certificates.organization_id IS 'The organization that the assignment had when it was completed';
COMMENT ON COLUMN certificates.training_id IS 'The training';
COMMENT ON COLUMN certificates.training_display_name IS 'Its name when it was completed';
COMMENT ON COLUMN certificates.issue_time IS 'When it was issued';
