-- Where the site of a profile is that was written by hand: people look for it by its city, as for a programme.
ALTER TABLE organizations
    ADD COLUMN street_address text NOT NULL DEFAULT '',
    ADD COLUMN city           text NOT NULL DEFAULT '',
    ADD COLUMN region         text NOT NULL DEFAULT '',
    ADD COLUMN postal_code    text NOT NULL DEFAULT '',
    ADD CONSTRAINT organizations_address CHECK (city <> '' OR street_address || region || postal_code = '');

COMMENT ON COLUMN organizations.street_address IS 'Number and street, as the organization says; empty where it does not, and of profiles of a programme, which says it';
COMMENT ON COLUMN organizations.city IS 'The city; empty when it has said no address, and of profiles of a programme';
COMMENT ON COLUMN organizations.region IS 'The state or province; empty where it does not say';
COMMENT ON COLUMN organizations.postal_code IS 'The postal code; empty where it does not say';

DROP INDEX organizations_words;
ALTER TABLE organizations DROP COLUMN words;
ALTER TABLE organizations
    ADD COLUMN words tsvector NOT NULL
        GENERATED ALWAYS AS (array_to_tsvector(registry_words(display_name || ' ' || city))) STORED;
COMMENT ON COLUMN organizations.words IS 'The words by which it is found';
CREATE INDEX organizations_words ON organizations USING gin (words) WITH (fastupdate = off)
    WHERE approve_time IS NOT NULL AND state <> 'CLOSED';

DROP TRIGGER organizations_history ON organizations;
CREATE TRIGGER organizations_history AFTER INSERT OR UPDATE OR DELETE ON organizations
    FOR EACH ROW EXECUTE FUNCTION keep_history('', 'organization_number', 'display_name', 'type=organization_type',
        'licensing_authority', 'license_number=license_number_as_given', 'license_status', 'street_address', 'city', 'region',
        'postal_code', 'programme=programme_id', 'state', 'owner=owner_person_id', 'return_reasons', 'decision_reason',
        'submit_time', 'approve_time', 'close_time');
