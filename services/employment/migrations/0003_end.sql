-- When and why an employment ended.
ALTER TABLE employments
    ADD COLUMN end_time   timestamptz,
    ADD COLUMN end_reason text;

COMMENT ON COLUMN employments.end_time IS 'When it ended; NULL before';
COMMENT ON COLUMN employments.end_reason IS 'Why, in the words of who ended it; NULL before';
