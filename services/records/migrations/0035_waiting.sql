-- Since when an employment has stood where it does: how long those have waited whom the staff report leaves out. Of those that wait already,
-- since when the employment is there, which is in its id (UUIDv7): never later than it came to wait.
ALTER TABLE employment_projection ADD COLUMN state_time timestamptz NOT NULL DEFAULT now();
UPDATE employment_projection
SET state_time = to_timestamp(('x' || left(replace(employment_id::text, '-', ''), 12))::bit(48)::bigint / 1000.0)
WHERE state = 'PENDING_VERIFICATION';

COMMENT ON COLUMN employment_projection.state_time IS 'Since when the employment has stood where it does; of rows of before this was kept, when it began, or when this was begun to be kept where it did not wait then';
