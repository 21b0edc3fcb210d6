-- How far the list of learners has taken in the employments that were there before it; those since then are told by events.
CREATE TABLE employment_adoption (
    is_only     boolean     PRIMARY KEY DEFAULT true CHECK (is_only),
    employment  text        NOT NULL DEFAULT '',
    finish_time timestamptz
);

INSERT INTO employment_adoption DEFAULT VALUES;

COMMENT ON TABLE employment_adoption IS 'How far the list of learners has taken in the employments that were there before it.';
COMMENT ON COLUMN employment_adoption.is_only IS 'True: there is one row.';
COMMENT ON COLUMN employment_adoption.employment IS 'The resource name of the last that was taken in; empty before the first.';
COMMENT ON COLUMN employment_adoption.finish_time IS 'When there were no more; NULL before.';
