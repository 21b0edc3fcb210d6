-- The trainings that an organization took from the shared catalog.
CREATE TABLE catalog_trainings (
    organization_id uuid        NOT NULL REFERENCES organizations,
    training_id     uuid        NOT NULL,
    create_time     timestamptz NOT NULL,
    CONSTRAINT catalog_trainings_pkey PRIMARY KEY (organization_id, training_id)
);

COMMENT ON TABLE catalog_trainings IS 'The trainings that an organization took from the shared catalog into its own';
COMMENT ON COLUMN catalog_trainings.organization_id IS 'The organization; the tenant key';
COMMENT ON COLUMN catalog_trainings.training_id IS 'The training of the shared catalog, which the records service owns';
COMMENT ON COLUMN catalog_trainings.create_time IS 'When it was added';
