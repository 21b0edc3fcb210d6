-- What authorities have licensed, loaded by registry staff.
CREATE TABLE programme_loads (
    programme_load_id uuid        NOT NULL,
    row_count         integer     NOT NULL,
    taken_count       integer     NOT NULL,
    added_count       integer     NOT NULL,
    changed_count     integer     NOT NULL,
    unchanged_count   integer     NOT NULL,
    refused_count     integer     NOT NULL,
    creator_person_id uuid        NOT NULL,
    reason            text        NOT NULL,
    create_time       timestamptz NOT NULL,
    finish_time       timestamptz,
    CONSTRAINT programme_loads_pkey PRIMARY KEY (programme_load_id),
    CONSTRAINT programme_loads_taken CHECK (taken_count BETWEEN 0 AND row_count),
    CONSTRAINT programme_loads_outcomes CHECK
        (taken_count = added_count + changed_count + unchanged_count + refused_count),
    CONSTRAINT programme_loads_finished CHECK ((finish_time IS NOT NULL) = (taken_count = row_count))
);

COMMENT ON TABLE programme_loads IS 'Loads of licensed programmes: the audit of what registry staff told of them. Of no organization';
COMMENT ON COLUMN programme_loads.programme_load_id IS 'Chosen by whoever began the load, so that it can go on after it was cut off';
COMMENT ON COLUMN programme_loads.row_count IS 'How many rows it has in all';
COMMENT ON COLUMN programme_loads.taken_count IS 'How many of them were taken, from the first one on';
COMMENT ON COLUMN programme_loads.added_count IS 'How many of these are programmes that were not known';
COMMENT ON COLUMN programme_loads.changed_count IS 'How many are known programmes of which something was different';
COMMENT ON COLUMN programme_loads.unchanged_count IS 'How many are known programmes of which nothing was';
COMMENT ON COLUMN programme_loads.refused_count IS 'How many were refused';
COMMENT ON COLUMN programme_loads.creator_person_id IS 'Who began it';
COMMENT ON COLUMN programme_loads.reason IS 'Why, as they stated it';
COMMENT ON COLUMN programme_loads.create_time IS 'When it was begun';
COMMENT ON COLUMN programme_loads.finish_time IS 'When its last row was taken; null before';

CREATE TABLE refused_programme_rows (
    programme_load_id   uuid    NOT NULL REFERENCES programme_loads,
    row_number          integer NOT NULL,
    licensing_authority text    NOT NULL,
    license_number      text    NOT NULL,
    problem_fields      text[]  NOT NULL,
    problems            text[]  NOT NULL,
    CONSTRAINT refused_programme_rows_pkey PRIMARY KEY (programme_load_id, row_number),
    CONSTRAINT refused_programme_rows_problems CHECK
        (cardinality(problems) > 0 AND cardinality(problems) = cardinality(problem_fields))
);

COMMENT ON TABLE refused_programme_rows IS 'Rows of loads that were refused';
COMMENT ON COLUMN refused_programme_rows.programme_load_id IS 'The load';
COMMENT ON COLUMN refused_programme_rows.row_number IS 'Which of its rows, from 1';
COMMENT ON COLUMN refused_programme_rows.licensing_authority IS 'As the row has it, cut after 100 characters';
COMMENT ON COLUMN refused_programme_rows.license_number IS 'As the row has it, cut after 100 characters';
COMMENT ON COLUMN refused_programme_rows.problem_fields IS 'The field of each problem';
COMMENT ON COLUMN refused_programme_rows.problems IS 'Everything that is wrong with the row';

-- Room on each page for the next load, which writes its number into every row that it names.
CREATE TABLE programmes (
    programme_id              uuid        NOT NULL,
    licensing_authority       text        NOT NULL,
    license_number_normalized text        NOT NULL,
    license_number_as_given   text        NOT NULL,
    display_name              text        NOT NULL,
    street_address            text        NOT NULL,
    city                      text        NOT NULL,
    region                    text        NOT NULL,
    postal_code               text        NOT NULL,
    programme_type            text        NOT NULL,
    license_status            text        NOT NULL,
    added_load_id             uuid        NOT NULL REFERENCES programme_loads,
    changed_load_id           uuid        NOT NULL REFERENCES programme_loads,
    seen_load_id              uuid        NOT NULL,
    seen_row_number           integer     NOT NULL,
    create_time               timestamptz NOT NULL,
    update_time               timestamptz NOT NULL,
    CONSTRAINT programmes_pkey PRIMARY KEY (programme_id),
    CONSTRAINT programmes_license UNIQUE (licensing_authority, license_number_normalized),
    CONSTRAINT programmes_type CHECK (programme_type IN ('DIRECT_CARE', 'NON_DIRECT_CARE', 'TRAINING_SPONSOR')),
    CONSTRAINT programmes_license_status CHECK
        (license_status IN ('ACTIVE', 'PROVISIONAL', 'SUSPENDED', 'REVOKED', 'EXPIRED'))
) WITH (fillfactor = 70);

COMMENT ON TABLE programmes IS 'What authorities have licensed, as they tell it. Public, and of no organization';
COMMENT ON COLUMN programmes.programme_id IS 'UUIDv7 of the programme';
COMMENT ON COLUMN programmes.licensing_authority IS 'Who issued the license, such as us-mi';
COMMENT ON COLUMN programmes.license_number_normalized IS 'The license number for comparing: no spaces and dashes, upper case, padded as its authority pads';
COMMENT ON COLUMN programmes.license_number_as_given IS 'The license number for showing';
COMMENT ON COLUMN programmes.display_name IS 'The name that the license was issued to';
COMMENT ON COLUMN programmes.street_address IS 'Number and street; empty where the authority does not tell it';
COMMENT ON COLUMN programmes.city IS 'The city';
COMMENT ON COLUMN programmes.region IS 'The state or province; empty where nobody says';
COMMENT ON COLUMN programmes.postal_code IS 'The postal code; empty where nobody says';
COMMENT ON COLUMN programmes.programme_type IS 'What is licensed: a ProgrammeType of the contract';
COMMENT ON COLUMN programmes.license_status IS 'How the license stands: a LicenseStatus of the contract';
COMMENT ON COLUMN programmes.added_load_id IS 'The load that told of it first';
COMMENT ON COLUMN programmes.changed_load_id IS 'The latest load that told something new of it';
COMMENT ON COLUMN programmes.seen_load_id IS 'The latest load that told of it at all: what its authority leaves out stays behind';
COMMENT ON COLUMN programmes.seen_row_number IS 'In which of its rows';
COMMENT ON COLUMN programmes.create_time IS 'When it was first told of';
COMMENT ON COLUMN programmes.update_time IS 'When something new was told of it';
