-- In which language people are written to. What was made before is in English, as it was sent.
ALTER TABLE invitations
    ADD COLUMN language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'es'));
ALTER TABLE join_requests
    ADD COLUMN language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'es'));

COMMENT ON COLUMN invitations.language IS 'A tag of BCP 47; kept with the invitation, so that a mail that is sent again says the same.';
COMMENT ON COLUMN join_requests.language IS 'A tag of BCP 47: that of the page on which they asked.';
