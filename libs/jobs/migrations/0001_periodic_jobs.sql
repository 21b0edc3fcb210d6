-- What is done again and again, by one replica at a time.
CREATE TABLE periodic_jobs (
    name        text        CONSTRAINT periodic_jobs_pkey PRIMARY KEY,
    due_time    timestamptz NOT NULL,
    failures    integer     NOT NULL DEFAULT 0,
    lease_token uuid,
    lease_until timestamptz,
    CONSTRAINT periodic_jobs_lease CHECK ((lease_token IS NULL) = (lease_until IS NULL))
);

COMMENT ON TABLE periodic_jobs IS 'What is done again and again, by one replica at a time. Not a tenant table.';
COMMENT ON COLUMN periodic_jobs.name IS 'Which job.';
COMMENT ON COLUMN periodic_jobs.due_time IS 'When it is to be done next.';
COMMENT ON COLUMN periodic_jobs.failures IS 'How often in a row it could not be done; chooses the next wait.';
COMMENT ON COLUMN periodic_jobs.lease_token IS 'Set by the replica that does it; only the holder may say when it is due again.';
COMMENT ON COLUMN periodic_jobs.lease_until IS 'After this time another replica may do it.';
