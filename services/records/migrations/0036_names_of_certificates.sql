-- A certificate calls those whom it is about as they were called when it was issued, whatever they are called later.
ALTER TABLE certificates
    ADD COLUMN person_display_name       text,
    ADD COLUMN organization_display_name text;

COMMENT ON COLUMN certificates.person_display_name IS 'What the person was called when it was issued; NULL while nobody has said it. Set once, and then taken out only: empty, and nothing comes in its place';
COMMENT ON COLUMN certificates.organization_display_name IS 'What the organization was called when it was issued; NULL while nobody has said it, and where there is none. Set once; empty: taken out, or there was no name';
COMMENT ON TABLE certificates IS 'Proofs that a person completed a training; never changed, but that names are set once';

-- Serves the job that names what was issued without names.
CREATE INDEX certificates_unnamed ON certificates (organization_id, person_id)
    WHERE organization_id IS NOT NULL AND organization_display_name IS NULL;
