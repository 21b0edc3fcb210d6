-- Since when somebody works there, and what they do.
ALTER TABLE employments ADD COLUMN start_date date;

COMMENT ON COLUMN employments.start_date IS 'The first day, as the person says; NULL when not said';

CREATE TABLE employment_positions (
    organization_id uuid     NOT NULL,
    employment_id   uuid     NOT NULL,
    place           smallint NOT NULL,
    code            text     NOT NULL,
    title           text     NOT NULL,
    start_date      date     NOT NULL,
    end_date        date,
    CONSTRAINT employment_positions_pkey PRIMARY KEY (organization_id, employment_id, place),
    CONSTRAINT employment_positions_employment FOREIGN KEY (organization_id, employment_id)
        REFERENCES employments (organization_id, employment_id),
    CONSTRAINT employment_positions_days CHECK (end_date >= start_date)
);

COMMENT ON TABLE employment_positions IS 'What a person does at an organization, from when until when';
COMMENT ON COLUMN employment_positions.organization_id IS 'The organization: the tenant';
COMMENT ON COLUMN employment_positions.employment_id IS 'The employment';
COMMENT ON COLUMN employment_positions.place IS 'Its place in the order in which the person says them, from 1';
COMMENT ON COLUMN employment_positions.code IS 'One of the authority''s closed list at the time; empty where it had none';
COMMENT ON COLUMN employment_positions.title IS 'What it is called there';
COMMENT ON COLUMN employment_positions.start_date IS 'The first day';
COMMENT ON COLUMN employment_positions.end_date IS 'The last day; NULL while it goes on';
