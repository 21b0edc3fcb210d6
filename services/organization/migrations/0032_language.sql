-- In which language people are written to on behalf of a profile. What was there before goes on in English.
ALTER TABLE organizations
    ADD COLUMN language text NOT NULL DEFAULT 'en'
        CONSTRAINT organizations_language CHECK (language IN ('en', 'es'));

COMMENT ON COLUMN organizations.language IS 'A tag of BCP 47: in which language people are written to on its behalf';
