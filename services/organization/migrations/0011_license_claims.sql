-- A license number is held from the approval on: drafts and submissions reserve nothing, or a stranger could keep the holder
-- out. Several profiles may wait with one number; approving one returns the others.
DROP INDEX organizations_license;

-- One approved profile a license number, until it is closed. Decides the race of two that are approved at once.
CREATE UNIQUE INDEX organizations_license ON organizations (licensing_authority, license_number_normalized)
    WHERE approve_time IS NOT NULL AND state <> 'CLOSED';

-- Those that wait with a number.
CREATE INDEX organizations_license_claims ON organizations (licensing_authority, license_number_normalized, organization_id)
    WHERE state IN ('SUBMITTED', 'ACTIVE', 'SUSPENDED');

-- A person's own profiles.
CREATE INDEX organizations_owner ON organizations (owner_person_id);

ALTER TABLE organizations
    ADD COLUMN return_reasons text[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT organizations_return_reasons CHECK (return_reasons <@ ARRAY['LICENSE_NUMBER_TAKEN']);
COMMENT ON COLUMN organizations.return_reasons IS 'Why the profile was given back; empty unless it is RETURNED';

ALTER TABLE staff_acts
    DROP CONSTRAINT staff_acts_act,
    ADD CONSTRAINT staff_acts_act CHECK (act IN ('APPROVE_ORGANIZATION', 'RETURN_ORGANIZATION', 'ACTIVATE_SUBSCRIPTION'));
