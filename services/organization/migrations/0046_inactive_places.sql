-- Locations and trainings of the catalog are deactivated, and activated again, as groups are.
ALTER TABLE locations
    ADD COLUMN state text NOT NULL DEFAULT 'ACTIVE' CONSTRAINT locations_state CHECK (state IN ('ACTIVE', 'INACTIVE'));

COMMENT ON TABLE locations IS 'Places inside an organization; deactivated, never deleted';
COMMENT ON COLUMN locations.state IS 'ACTIVE: people are placed there; INACTIVE: kept for whom it has and for history';

ALTER TABLE catalog_trainings
    ADD COLUMN state   text   NOT NULL DEFAULT 'ACTIVE'
        CONSTRAINT catalog_trainings_state CHECK (state IN ('ACTIVE', 'INACTIVE')),
    ADD COLUMN version bigint NOT NULL DEFAULT 1;

COMMENT ON TABLE catalog_trainings IS 'The trainings that an organization took from the shared catalog into its own; deactivated, never deleted';
COMMENT ON COLUMN catalog_trainings.state IS 'ACTIVE: groups can require it, and it is assigned; INACTIVE: kept for whom it was assigned to and for history';
COMMENT ON COLUMN catalog_trainings.version IS 'Raised with every change, under the row lock; its etag';

-- Serves which groups require a training.
CREATE INDEX group_trainings_of_training ON group_trainings (organization_id, training_id);

DROP TRIGGER locations_history ON locations;
CREATE TRIGGER locations_history AFTER INSERT OR UPDATE OR DELETE ON locations
    FOR EACH ROW EXECUTE FUNCTION keep_history('/locations/{location_id}', 'display_name', 'state');
DROP TRIGGER catalog_trainings_history ON catalog_trainings;
CREATE TRIGGER catalog_trainings_history AFTER INSERT OR UPDATE OR DELETE ON catalog_trainings
    FOR EACH ROW EXECUTE FUNCTION keep_history('/catalogTrainings/{training_id}', 'state');
