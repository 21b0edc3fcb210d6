-- Since when an employment has stood where it does: how long claims have waited. Of those of before, only since when their person is
-- known is known.
ALTER TABLE employment_projection ADD COLUMN state_time timestamptz;
UPDATE employment_projection SET state_time = known_since;
ALTER TABLE employment_projection
    ALTER COLUMN state_time SET DEFAULT now(),
    ALTER COLUMN state_time SET NOT NULL;

COMMENT ON COLUMN employment_projection.state_time IS 'Since when the employment has stood where it does; of rows of before this was kept, when the person''s first employment here came to be known';
