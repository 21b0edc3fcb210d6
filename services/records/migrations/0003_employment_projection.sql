-- What this service keeps of employments: looked at under a row lock by everything that an employment decides.
CREATE TABLE employment_projection (
    organization_id uuid   NOT NULL,
    person_id       uuid   NOT NULL,
    employment_id   uuid   NOT NULL,
    state           text   NOT NULL CONSTRAINT employment_projection_state
        CHECK (state IN ('PENDING_VERIFICATION', 'VERIFIED', 'REJECTED', 'WITHDRAWN', 'ENDED')),
    sequence        bigint NOT NULL CONSTRAINT employment_projection_sequence CHECK (sequence > 0),
    CONSTRAINT employment_projection_pkey PRIMARY KEY (organization_id, person_id)
);

COMMENT ON TABLE employment_projection IS 'The latest known employment of a person at an organization';
COMMENT ON COLUMN employment_projection.organization_id IS 'The organization: the tenant';
COMMENT ON COLUMN employment_projection.person_id IS 'The person';
COMMENT ON COLUMN employment_projection.employment_id IS 'The employment, in the employment service';
COMMENT ON COLUMN employment_projection.state IS 'Its state at that sequence; PENDING_VERIFICATION and VERIFIED are open';
COMMENT ON COLUMN employment_projection.sequence IS 'Version of the employment; only a newer one is applied';
