-- Ends that are to come, who settled them, and by which last day.
ALTER TABLE employments
    ADD COLUMN last_day     date,
    ADD COLUMN ended_by     text CONSTRAINT employments_ended_by CHECK (ended_by IN ('PERSON', 'ORGANIZATION')),
    ADD COLUMN end_due_time timestamptz,
    ADD CONSTRAINT employments_to_end CHECK (
        end_due_time IS NULL OR (last_day IS NOT NULL AND ended_by IS NOT NULL AND end_time IS NULL));

-- Serves the job: no more rows than there are ends to come.
CREATE INDEX employments_end_due ON employments (end_due_time) WHERE end_due_time IS NOT NULL;

COMMENT ON COLUMN employments.last_day IS 'The last day, once an end is settled; NULL before, and of ends before last days were kept';
COMMENT ON COLUMN employments.ended_by IS 'Who ended it, or settled its last day; NULL before, and of ends before that was kept, which were the organization''s';
COMMENT ON COLUMN employments.end_due_time IS 'When to look next whether the last day is over; NULL when no end is to come';
