-- Profiles of organizations.
CREATE TABLE organizations (
    organization_id           uuid        NOT NULL,
    organization_number       text        NOT NULL,
    owner_person_id           uuid        NOT NULL,
    owner_display_name        text,
    display_name              text        NOT NULL,
    licensing_authority       text        NOT NULL,
    license_number_normalized text        NOT NULL,
    license_number_as_given   text        NOT NULL,
    state                     text        NOT NULL,
    version                   bigint      NOT NULL,
    create_time               timestamptz NOT NULL,
    submit_time               timestamptz,
    approve_time              timestamptz,
    CONSTRAINT organizations_pkey PRIMARY KEY (organization_id),
    CONSTRAINT organizations_number UNIQUE (organization_number),
    CONSTRAINT organizations_state CHECK
        (state IN ('DRAFT', 'SUBMITTED', 'ACTIVE', 'RETURNED', 'REJECTED', 'SUSPENDED', 'CLOSED')),
    CONSTRAINT organizations_submitted CHECK (state IN ('DRAFT', 'CLOSED') OR submit_time IS NOT NULL),
    CONSTRAINT organizations_approved CHECK (state NOT IN ('ACTIVE', 'SUSPENDED') OR approve_time IS NOT NULL)
);

-- One profile a license number: a draft reserves nothing, a rejected or closed profile lets go. Decides the race of two
-- profiles that are submitted at once.
CREATE UNIQUE INDEX organizations_license ON organizations (licensing_authority, license_number_normalized)
    WHERE state NOT IN ('DRAFT', 'REJECTED', 'CLOSED');

COMMENT ON TABLE organizations IS 'Profiles: one site with one current license number each. Its numbers and licenses are unique across tenants.';
COMMENT ON COLUMN organizations.organization_id IS 'UUIDv7 of the profile; the tenant key';
COMMENT ON COLUMN organizations.organization_number IS 'Eight digits for people to say and type';
COMMENT ON COLUMN organizations.owner_person_id IS 'The one owner: the role OWNER derives from this column';
COMMENT ON COLUMN organizations.owner_display_name IS 'The owner''s name from their own token; null when it held none';
COMMENT ON COLUMN organizations.display_name IS 'The name people know the organization by';
COMMENT ON COLUMN organizations.licensing_authority IS 'Who issued the license, such as us-mi';
COMMENT ON COLUMN organizations.license_number_normalized IS 'The license number for comparing: no spaces and dashes, upper case, padded as its authority pads';
COMMENT ON COLUMN organizations.license_number_as_given IS 'The license number for showing';
COMMENT ON COLUMN organizations.state IS 'Where the profile stands: an OrganizationState of the contract';
COMMENT ON COLUMN organizations.version IS 'Raised with every change, under the row lock; the sequence of its events and its etag';
COMMENT ON COLUMN organizations.create_time IS 'When the profile was created';
COMMENT ON COLUMN organizations.submit_time IS 'When it was last submitted for approval';
COMMENT ON COLUMN organizations.approve_time IS 'When registry staff approved it';
