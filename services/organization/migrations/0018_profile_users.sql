-- Who administers an organization beside its owner. The owner is named by the profile alone, so that there is exactly one.
CREATE TABLE profile_users (
    organization_id uuid        NOT NULL REFERENCES organizations,
    person_id       uuid        NOT NULL,
    display_name    text,
    role            text        NOT NULL,
    origin          text        NOT NULL,
    expire_time     timestamptz,
    version         bigint      NOT NULL,
    create_time     timestamptz NOT NULL,
    CONSTRAINT profile_users_pkey PRIMARY KEY (organization_id, person_id),
    CONSTRAINT profile_users_role CHECK (role IN ('VIEWER', 'ADMIN')),
    CONSTRAINT profile_users_origin CHECK (origin IN ('EMPLOYMENT', 'REQUEST'))
);

COMMENT ON TABLE profile_users IS 'Who may administer an organization or look at it, beside its owner. Whoever is removed has no row any more';
COMMENT ON COLUMN profile_users.organization_id IS 'The organization; the tenant key';
COMMENT ON COLUMN profile_users.person_id IS 'The person; never the owner of the organization';
COMMENT ON COLUMN profile_users.display_name IS 'Their name from their own token; null until one told it';
COMMENT ON COLUMN profile_users.role IS 'What they may do';
COMMENT ON COLUMN profile_users.origin IS 'What the access comes from. From EMPLOYMENT: it counts only while employment_projection says that the employment is verified';
COMMENT ON COLUMN profile_users.expire_time IS 'From then on the access counts no more; null: open end';
COMMENT ON COLUMN profile_users.version IS 'Raised with every change. Begins with the microseconds of create_time: who comes back has no version twice';
COMMENT ON COLUMN profile_users.create_time IS 'When they became a profile user';
