-- Since when somebody may stand in an organization's lists, and which invitation became them: looks of registry staff at
-- lists and at that invitation are shown to them too. Rows that are there already count from this migration on, for nobody
-- knows since when they are; so do those that the release before writes while it is replaced.
ALTER TABLE employment_projection
    ADD COLUMN known_since timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN source_invitation_id uuid;

-- Where a person is known.
CREATE INDEX employment_projection_of_person ON employment_projection (person_id);

COMMENT ON COLUMN employment_projection.known_since IS 'When the person''s first employment here that is known came to be known';
COMMENT ON COLUMN employment_projection.source_invitation_id IS 'The invitation that the employment came from; NULL when it came from none, or was heard of before this column';
