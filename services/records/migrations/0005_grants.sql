-- Consent, and what was read because of it. The person owns the rows: keys begin with them.
CREATE TABLE grants (
    person_id       uuid        NOT NULL,
    grant_id        uuid        NOT NULL,
    organization_id uuid        NOT NULL,
    state           text        NOT NULL CONSTRAINT grants_state CHECK (state IN ('ACTIVE', 'REVOKED', 'LAPSED')),
    version         bigint      NOT NULL CONSTRAINT grants_version CHECK (version > 0),
    create_time     timestamptz NOT NULL,
    revoke_time     timestamptz,
    CONSTRAINT grants_pkey PRIMARY KEY (person_id, grant_id),
    CONSTRAINT grants_revoked_at CHECK ((state = 'REVOKED') = (revoke_time IS NOT NULL))
);

-- Decides the race of two consents: at most one active grant of a person to an organization.
CREATE UNIQUE INDEX grants_one_active ON grants (person_id, organization_id) WHERE state = 'ACTIVE';

COMMENT ON TABLE grants IS 'A person''s consent that an organization may read their learning record';
COMMENT ON COLUMN grants.person_id IS 'Who consents, and owns the row';
COMMENT ON COLUMN grants.grant_id IS 'UUIDv7';
COMMENT ON COLUMN grants.organization_id IS 'The organization that may read';
COMMENT ON COLUMN grants.state IS 'ACTIVE: in force while the employment is verified; REVOKED by the person; LAPSED with the employment';
COMMENT ON COLUMN grants.version IS 'Raised with every change';
COMMENT ON COLUMN grants.create_time IS 'When it was given';
COMMENT ON COLUMN grants.revoke_time IS 'When it was taken back; NULL otherwise';

CREATE TABLE record_accesses (
    person_id           uuid        NOT NULL,
    access_id           uuid        NOT NULL,
    organization_id     uuid        NOT NULL,
    reader_person_id    uuid        NOT NULL,
    reader_display_name text        NOT NULL,
    reason              text        NOT NULL CONSTRAINT record_accesses_reason CHECK (reason = 'GRANT'),
    grant_id            uuid        NOT NULL,
    access_time         timestamptz NOT NULL,
    CONSTRAINT record_accesses_pkey PRIMARY KEY (person_id, access_id),
    CONSTRAINT record_accesses_grant FOREIGN KEY (person_id, grant_id) REFERENCES grants (person_id, grant_id)
);

COMMENT ON TABLE record_accesses IS 'Every reading of a learning record by somebody else, written in the transaction that reads';
COMMENT ON COLUMN record_accesses.person_id IS 'Whose record was read';
COMMENT ON COLUMN record_accesses.access_id IS 'UUIDv7: newest first is the order of this id';
COMMENT ON COLUMN record_accesses.organization_id IS 'The organization for which it was read';
COMMENT ON COLUMN record_accesses.reader_person_id IS 'Who read';
COMMENT ON COLUMN record_accesses.reader_display_name IS 'Their name at the time; may be empty';
COMMENT ON COLUMN record_accesses.reason IS 'Why it was allowed';
COMMENT ON COLUMN record_accesses.grant_id IS 'The grant that allowed it';
COMMENT ON COLUMN record_accesses.access_time IS 'When';
