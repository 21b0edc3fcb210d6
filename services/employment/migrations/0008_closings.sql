-- Organizations that were closed: everybody's employment there is ended, and nobody's begins any more.
CREATE TABLE closings (
    organization_id uuid        NOT NULL,
    actor           text        NOT NULL,
    close_time      timestamptz NOT NULL,
    finish_time     timestamptz,
    CONSTRAINT closings_pkey PRIMARY KEY (organization_id)
);

-- Serves the job: no more rows than there are closings under way.
CREATE INDEX closings_to_do ON closings (close_time) WHERE finish_time IS NULL;

COMMENT ON TABLE closings IS 'Organizations that were closed, each once; the rows stay';
COMMENT ON COLUMN closings.organization_id IS 'The organization: the tenant';
COMMENT ON COLUMN closings.actor IS 'Who closed it: person:<uuid>. The events of the employments that end with it name them';
COMMENT ON COLUMN closings.close_time IS 'When it was closed';
COMMENT ON COLUMN closings.finish_time IS 'When no open employment was left; NULL before';
