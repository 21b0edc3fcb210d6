-- Groups of learners, and the trainings that each group requires.
CREATE TABLE groups (
    organization_id uuid        NOT NULL REFERENCES organizations,
    group_id        uuid        NOT NULL,
    display_name    text        COLLATE "C" NOT NULL,
    state           text        NOT NULL,
    version         bigint      NOT NULL,
    create_time     timestamptz NOT NULL,
    CONSTRAINT groups_pkey PRIMARY KEY (organization_id, group_id),
    CONSTRAINT groups_name UNIQUE (organization_id, display_name),
    CONSTRAINT groups_state CHECK (state IN ('ACTIVE', 'INACTIVE'))
);

CREATE TABLE group_trainings (
    organization_id uuid    NOT NULL,
    group_id        uuid    NOT NULL,
    training_id     uuid    NOT NULL,
    position        integer NOT NULL,
    CONSTRAINT group_trainings_pkey PRIMARY KEY (organization_id, group_id, training_id),
    CONSTRAINT group_trainings_group FOREIGN KEY (organization_id, group_id) REFERENCES groups,
    CONSTRAINT group_trainings_in_catalog FOREIGN KEY (organization_id, training_id) REFERENCES catalog_trainings
);

COMMENT ON TABLE groups IS 'Sets of learners; deactivated, never deleted';
COMMENT ON COLUMN groups.organization_id IS 'The organization; the tenant key';
COMMENT ON COLUMN groups.group_id IS 'UUIDv7 of the group';
COMMENT ON COLUMN groups.display_name IS 'The name, compared byte for byte: case and spaces count. Lists are in this order';
COMMENT ON COLUMN groups.state IS 'ACTIVE takes learners, INACTIVE is kept for history';
COMMENT ON COLUMN groups.version IS 'Raised with every change, under the row lock; its etag';
COMMENT ON COLUMN groups.create_time IS 'When it was created';
COMMENT ON TABLE group_trainings IS 'The trainings that the learners of a group must take';
COMMENT ON COLUMN group_trainings.organization_id IS 'The organization; the tenant key';
COMMENT ON COLUMN group_trainings.group_id IS 'The group';
COMMENT ON COLUMN group_trainings.training_id IS 'The training, one of the organization''s own catalog';
COMMENT ON COLUMN group_trainings.position IS 'Place in the order that the organization gave, from 1';
