-- Nothing ends before it begins. Until now an edit moved the start behind a last day that was settled, and the closing of an
-- organization ended what had not begun: that never began, and its last day is its first.
UPDATE employments SET last_day = start_date WHERE last_day < start_date;

-- What either side had settled before the end that stands now: it stands again when that is taken back.
ALTER TABLE employments
    ADD CONSTRAINT employments_days CHECK (last_day >= start_date) NOT VALID,
    ADD COLUMN person_last_day         date,
    ADD COLUMN person_end_reason       text,
    ADD COLUMN organization_last_day   date,
    ADD COLUMN organization_end_reason text,
    ADD COLUMN corrections             integer NOT NULL DEFAULT 0
        CONSTRAINT employments_corrections CHECK (corrections >= 0),
    ADD CONSTRAINT employments_person_settled CHECK ((person_last_day IS NULL) = (person_end_reason IS NULL)),
    ADD CONSTRAINT employments_organization_settled
        CHECK ((organization_last_day IS NULL) = (organization_end_reason IS NULL));

ALTER TABLE employments VALIDATE CONSTRAINT employments_days;

COMMENT ON COLUMN employments.person_last_day IS 'The last day that the person had settled before the end that stands; NULL when there is none';
COMMENT ON COLUMN employments.person_end_reason IS 'Why, in their words; NULL without person_last_day';
COMMENT ON COLUMN employments.organization_last_day IS 'The last day that the organization had settled before the end that stands; NULL when there is none';
COMMENT ON COLUMN employments.organization_end_reason IS 'Why, in its words; NULL without organization_last_day';
COMMENT ON COLUMN employments.corrections IS 'How often an end that had come was corrected: part of the etag, and not of the version, which others order by';
