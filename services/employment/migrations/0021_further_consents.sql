-- A claim where the person works already begins nothing, but the consent in it does: it is counted like a claim.
CREATE TABLE further_consents (
    organization_id uuid        NOT NULL,
    person_id       uuid        NOT NULL,
    grant_id        uuid        NOT NULL,
    consent_time    timestamptz NOT NULL,
    CONSTRAINT further_consents_pkey PRIMARY KEY (organization_id, person_id, grant_id)
);
-- Serves the count of what a person has claimed and consented to, at all organizations.
CREATE INDEX further_consents_of_person ON further_consents (person_id, consent_time);

COMMENT ON TABLE further_consents IS 'Consents that came with a claim where the person had an open employment, for as long as they are counted';
COMMENT ON COLUMN further_consents.organization_id IS 'The organization that may read: the tenant';
COMMENT ON COLUMN further_consents.person_id IS 'Who consented';
COMMENT ON COLUMN further_consents.grant_id IS 'The grant that it became';
COMMENT ON COLUMN further_consents.consent_time IS 'When';
