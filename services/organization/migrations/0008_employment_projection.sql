-- What the employment service has published: who is employed where, and in which state.
CREATE TABLE employment_projection (
    organization_id uuid   NOT NULL,
    person_id       uuid   NOT NULL,
    employment_id   uuid   NOT NULL,
    state           text   NOT NULL,
    sequence        bigint NOT NULL,
    CONSTRAINT employment_projection_pkey PRIMARY KEY (organization_id, person_id),
    CONSTRAINT employment_projection_state CHECK (
        state IN ('PENDING_VERIFICATION', 'VERIFIED', 'REJECTED', 'WITHDRAWN', 'ENDED'))
);

COMMENT ON TABLE employment_projection IS 'The newest employment of a person at an organization, as the employment service told it';
COMMENT ON COLUMN employment_projection.organization_id IS 'The organization; the tenant key';
COMMENT ON COLUMN employment_projection.person_id IS 'The person';
COMMENT ON COLUMN employment_projection.employment_id IS 'The employment';
COMMENT ON COLUMN employment_projection.state IS 'Where the employment stands';
COMMENT ON COLUMN employment_projection.sequence IS 'Version of the employment that this row tells of; only a newer one replaces it. A later employment of the same pair continues the versions of the former one';
