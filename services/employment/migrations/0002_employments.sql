-- Employments, with the groups that their learners are in.
CREATE TABLE employments (
    organization_id      uuid        NOT NULL,
    employment_id        uuid        NOT NULL,
    person_id            uuid        NOT NULL,
    person_display_name  text        NOT NULL,
    state                text        NOT NULL CONSTRAINT employments_state
        CHECK (state IN ('PENDING_VERIFICATION', 'VERIFIED', 'REJECTED', 'WITHDRAWN', 'ENDED')),
    location_id          uuid,
    source_invitation_id uuid,
    version              bigint      NOT NULL CONSTRAINT employments_version CHECK (version > 0),
    create_time          timestamptz NOT NULL,
    update_time          timestamptz NOT NULL,
    verify_time          timestamptz,
    CONSTRAINT employments_pkey PRIMARY KEY (organization_id, employment_id),
    CONSTRAINT employments_verified_at CHECK (state <> 'VERIFIED' OR verify_time IS NOT NULL)
);

-- Decides the race of two acceptances: at most one open employment of a person at an organization.
CREATE UNIQUE INDEX employments_one_open ON employments (organization_id, person_id)
    WHERE state IN ('PENDING_VERIFICATION', 'VERIFIED');
-- Serves "the latest of a person at an organization".
CREATE INDEX employments_latest ON employments (organization_id, person_id, version DESC);
-- Serves a person's own list, across organizations.
CREATE INDEX employments_of_person ON employments (person_id, employment_id DESC);

COMMENT ON TABLE employments IS 'The tie between one person and one organization';
COMMENT ON COLUMN employments.organization_id IS 'The organization: the tenant';
COMMENT ON COLUMN employments.employment_id IS 'UUIDv7: newest first is the order of this id';
COMMENT ON COLUMN employments.person_id IS 'The person: UUIDv5 of issuer and subject';
COMMENT ON COLUMN employments.person_display_name IS 'The name from the person''s own token when they acted; may be empty';
COMMENT ON COLUMN employments.state IS 'PENDING_VERIFICATION and VERIFIED are open; REJECTED, WITHDRAWN and ENDED are not';
COMMENT ON COLUMN employments.location_id IS 'The place of work, a location of the organization; NULL when not said';
COMMENT ON COLUMN employments.source_invitation_id IS 'The invitation it came from; NULL for the director''s';
COMMENT ON COLUMN employments.version IS 'Raised with every change under the row lock; begins above every former employment of this person here, so that it is a sequence for (organization, person)';
COMMENT ON COLUMN employments.create_time IS 'When it began to exist';
COMMENT ON COLUMN employments.update_time IS 'When it last changed';
COMMENT ON COLUMN employments.verify_time IS 'When it was verified; NULL before';

CREATE TABLE employment_groups (
    organization_id uuid NOT NULL,
    employment_id   uuid NOT NULL,
    group_id        uuid NOT NULL,
    CONSTRAINT employment_groups_pkey PRIMARY KEY (organization_id, employment_id, group_id),
    CONSTRAINT employment_groups_employment FOREIGN KEY (organization_id, employment_id)
        REFERENCES employments (organization_id, employment_id)
);

COMMENT ON TABLE employment_groups IS 'The groups that an employed learner is in';
COMMENT ON COLUMN employment_groups.organization_id IS 'The organization: the tenant';
COMMENT ON COLUMN employment_groups.employment_id IS 'The employment';
COMMENT ON COLUMN employment_groups.group_id IS 'A group of the same organization';
