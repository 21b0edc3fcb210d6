-- Where mail for profile users goes.
CREATE TABLE profile_user_addresses (
    organization_id   uuid        NOT NULL REFERENCES organizations,
    person_id         uuid        NOT NULL,
    address_given     text        NOT NULL,
    address_canonical text        NOT NULL,
    create_time       timestamptz NOT NULL,
    CONSTRAINT profile_user_addresses_pkey PRIMARY KEY (organization_id, person_id)
);

COMMENT ON TABLE profile_user_addresses IS 'The address of a profile user, for mail about this organization and for nothing else. Taken from the person''s own token by the act that makes them a profile user; no row when it told no verified one';
COMMENT ON COLUMN profile_user_addresses.organization_id IS 'The organization; the tenant key';
COMMENT ON COLUMN profile_user_addresses.person_id IS 'The person';
COMMENT ON COLUMN profile_user_addresses.address_given IS 'The address as their issuer verified it: mail goes only there';
COMMENT ON COLUMN profile_user_addresses.address_canonical IS 'The same for comparing';
COMMENT ON COLUMN profile_user_addresses.create_time IS 'When it was told';
