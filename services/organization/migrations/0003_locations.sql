-- Places inside an organization.
CREATE TABLE locations (
    organization_id uuid        NOT NULL REFERENCES organizations,
    location_id     uuid        NOT NULL,
    display_name    text        COLLATE "C" NOT NULL,
    create_time     timestamptz NOT NULL,
    CONSTRAINT locations_pkey PRIMARY KEY (organization_id, location_id),
    CONSTRAINT locations_name UNIQUE (organization_id, display_name)
);

COMMENT ON TABLE locations IS 'Places inside an organization';
COMMENT ON COLUMN locations.organization_id IS 'The organization; the tenant key';
COMMENT ON COLUMN locations.location_id IS 'UUIDv7 of the location';
COMMENT ON COLUMN locations.display_name IS 'The name of the place, compared byte for byte';
COMMENT ON COLUMN locations.create_time IS 'When it was created';
