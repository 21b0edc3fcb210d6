-- A consent is given to one employment: the next one needs its own.
ALTER TABLE grants ADD COLUMN employment_id uuid;

COMMENT ON COLUMN grants.employment_id IS 'The person''s employment there that was known when it was given or asked for; NULL of those from before that was kept';
