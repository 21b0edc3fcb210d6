-- A person reminds the organization of an employment that waits to be verified.
ALTER TABLE employments ADD COLUMN remind_time timestamptz;

COMMENT ON COLUMN employments.remind_time IS 'When the person last reminded those who can verify it; NULL: never';
