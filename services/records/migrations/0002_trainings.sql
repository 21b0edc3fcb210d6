-- The shared catalog of trainings. Not a tenant table: it is the same for everybody.
CREATE TABLE trainings (
    training_id       uuid        NOT NULL,
    code              text        COLLATE "C" NOT NULL,
    display_name      text        NOT NULL,
    description       text        NOT NULL,
    creator_person_id uuid        NOT NULL,
    create_time       timestamptz NOT NULL,
    CONSTRAINT trainings_pkey PRIMARY KEY (training_id),
    CONSTRAINT trainings_code_length CHECK (char_length(code) BETWEEN 2 AND 40)
);

-- Nobody can tell `MR-101` from `mr-101` on the telephone.
CREATE UNIQUE INDEX trainings_code ON trainings (lower(code));
-- Serves the list in the order of codes.
CREATE INDEX trainings_by_code ON trainings (code);

COMMENT ON TABLE trainings IS 'Courses of the shared catalog, kept by registry staff; never deleted';
COMMENT ON COLUMN trainings.training_id IS 'UUIDv7';
COMMENT ON COLUMN trainings.code IS 'Short code as it was given; unique without regard to case';
COMMENT ON COLUMN trainings.display_name IS 'The exact name of the course';
COMMENT ON COLUMN trainings.description IS 'What the course is about; may be empty';
COMMENT ON COLUMN trainings.creator_person_id IS 'The registry staff member who put it into the catalog';
COMMENT ON COLUMN trainings.create_time IS 'When it was put into the catalog';
