-- What a site is. Start-ups have no license number yet: they hold none, and none is looked for with them. What was there before
-- is what its programme is, or else a site that cares for children itself, which is whom profiles were made for.
ALTER TABLE organizations
    ADD COLUMN organization_type text NOT NULL DEFAULT 'DIRECT_CARE',
    ALTER COLUMN license_number_normalized DROP NOT NULL,
    ALTER COLUMN license_number_as_given DROP NOT NULL;

UPDATE organizations AS o SET organization_type = p.programme_type
FROM programmes AS p WHERE o.programme_id = p.programme_id AND p.programme_type <> o.organization_type;

ALTER TABLE organizations
    ADD CONSTRAINT organizations_type CHECK
        (organization_type IN ('DIRECT_CARE', 'NON_DIRECT_CARE', 'TRAINING_SPONSOR', 'START_UP')),
    ADD CONSTRAINT organizations_license_number CHECK
        (num_nulls(license_number_normalized, license_number_as_given)
         = CASE organization_type WHEN 'START_UP' THEN 2 ELSE 0 END);

COMMENT ON COLUMN organizations.organization_type IS 'What the site is: an OrganizationType of the contract';
COMMENT ON COLUMN organizations.licensing_authority IS 'Who issued the license, such as us-mi, or will issue that of a start-up';
COMMENT ON COLUMN organizations.license_number_normalized IS 'The license number for comparing: no spaces and dashes, upper case, padded as its authority pads; null for a start-up';
COMMENT ON COLUMN organizations.license_number_as_given IS 'The license number for showing; null for a start-up';

DROP TRIGGER organizations_history ON organizations;
CREATE TRIGGER organizations_history AFTER INSERT OR UPDATE OR DELETE ON organizations
    FOR EACH ROW EXECUTE FUNCTION keep_history('', 'organization_number', 'display_name', 'type=organization_type',
        'licensing_authority', 'license_number=license_number_as_given', 'programme=programme_id', 'state',
        'owner=owner_person_id', 'return_reasons', 'decision_reason', 'submit_time', 'approve_time', 'close_time');
