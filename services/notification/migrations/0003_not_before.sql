-- Mails that are asked for before their time.
ALTER TABLE deliveries ADD COLUMN not_before timestamptz;

COMMENT ON COLUMN deliveries.not_before IS 'The first moment it may be sent, and then its Date header; null: at once, from create_time on.';
COMMENT ON COLUMN deliveries.create_time IS 'When it was asked for; the Date header, unless it was not to be sent then.';
