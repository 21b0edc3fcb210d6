-- Whoever approves an import says when the people are told.
ALTER TABLE imports ADD COLUMN send_time timestamptz;

COMMENT ON COLUMN imports.send_time IS 'Not before this time its mails go out; null before it was approved, and where it was approved to mail at once.';
