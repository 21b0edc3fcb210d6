-- The license numbers that approved profiles have and had, dated.
CREATE TABLE license_numbers (
    organization_id           uuid        NOT NULL REFERENCES organizations,
    number                    integer     NOT NULL,
    licensing_authority       text        NOT NULL,
    license_number_normalized text        NOT NULL,
    license_number_as_given   text        NOT NULL,
    begin_time                timestamptz NOT NULL,
    end_time                  timestamptz,
    CONSTRAINT license_numbers_pkey PRIMARY KEY (organization_id, number),
    CONSTRAINT license_numbers_number CHECK (number > 0),
    CONSTRAINT license_numbers_end CHECK (end_time >= begin_time)
);

-- One number a profile at a time.
CREATE UNIQUE INDEX license_numbers_current ON license_numbers (organization_id) WHERE end_time IS NULL;

COMMENT ON TABLE license_numbers IS 'Under which numbers a profile was approved, one after the other';
COMMENT ON COLUMN license_numbers.organization_id IS 'The organization; the tenant key';
COMMENT ON COLUMN license_numbers.number IS 'In the order in which it had them, from 1';
COMMENT ON COLUMN license_numbers.licensing_authority IS 'Who issued the license, such as us-mi';
COMMENT ON COLUMN license_numbers.license_number_normalized IS 'The license number for comparing';
COMMENT ON COLUMN license_numbers.license_number_as_given IS 'The license number for showing';
COMMENT ON COLUMN license_numbers.begin_time IS 'From when on it was this profile''s: since the approval, or since registry staff gave it';
COMMENT ON COLUMN license_numbers.end_time IS 'When another one took its place, or the organization was closed; null for the current one';

INSERT INTO license_numbers (organization_id, number, licensing_authority, license_number_normalized, license_number_as_given,
        begin_time, end_time)
SELECT organization_id, 1, licensing_authority, license_number_normalized, license_number_as_given, approve_time, close_time
FROM organizations WHERE approve_time IS NOT NULL;

ALTER TABLE staff_acts
    DROP CONSTRAINT staff_acts_act,
    ADD CONSTRAINT staff_acts_act CHECK (act IN ('APPROVE_ORGANIZATION', 'RETURN_ORGANIZATION', 'REJECT_ORGANIZATION',
        'SUSPEND_ORGANIZATION', 'REINSTATE_ORGANIZATION', 'CLOSE_ORGANIZATION', 'ACTIVATE_SUBSCRIPTION', 'MOVE_OWNERSHIP',
        'RENEW_LICENSE'));
