-- How the license of a profile stands that was written by hand: no authority tells of it, so registry staff write it down.
ALTER TABLE organizations
    ADD COLUMN license_status text CONSTRAINT organizations_license_status CHECK
        (license_status IN ('ACTIVE', 'PROVISIONAL', 'SUSPENDED', 'REVOKED', 'EXPIRED'));

COMMENT ON COLUMN organizations.license_status IS 'How the license stands, as registry staff wrote it down: a LicenseStatus of the contract; null when they have not, and of profiles of a programme, which says it';

ALTER TABLE staff_acts
    DROP CONSTRAINT staff_acts_act,
    ADD CONSTRAINT staff_acts_act CHECK (act IN ('APPROVE_ORGANIZATION', 'RETURN_ORGANIZATION', 'REJECT_ORGANIZATION',
        'SUSPEND_ORGANIZATION', 'REINSTATE_ORGANIZATION', 'CLOSE_ORGANIZATION', 'ACTIVATE_SUBSCRIPTION', 'MOVE_OWNERSHIP',
        'RENEW_LICENSE', 'SET_LICENSE_STATUS'));

DROP TRIGGER organizations_history ON organizations;
CREATE TRIGGER organizations_history AFTER INSERT OR UPDATE OR DELETE ON organizations
    FOR EACH ROW EXECUTE FUNCTION keep_history('', 'organization_number', 'display_name', 'type=organization_type',
        'licensing_authority', 'license_number=license_number_as_given', 'license_status', 'programme=programme_id', 'state',
        'owner=owner_person_id', 'return_reasons', 'decision_reason', 'submit_time', 'approve_time', 'close_time');
