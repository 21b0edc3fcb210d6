-- People who ask to be let in as profile users.
CREATE TABLE access_requests (
    organization_id   uuid        NOT NULL REFERENCES organizations,
    access_request_id uuid        NOT NULL,
    person_id         uuid        NOT NULL,
    display_name      text,
    address_given     text        NOT NULL,
    address_canonical text        NOT NULL,
    role              text        NOT NULL,
    message           text,
    state             text        NOT NULL,
    version           bigint      NOT NULL,
    create_time       timestamptz NOT NULL,
    expire_time       timestamptz NOT NULL,
    decide_time       timestamptz,
    CONSTRAINT access_requests_pkey PRIMARY KEY (organization_id, access_request_id),
    CONSTRAINT access_requests_role CHECK (role IN ('VIEWER', 'ADMIN')),
    CONSTRAINT access_requests_state CHECK (state IN ('PENDING', 'APPROVED', 'DENIED', 'WITHDRAWN', 'EXPIRED'))
);

-- One that waits for each person and organization. One that has expired goes on waiting in its row until another one comes.
CREATE UNIQUE INDEX access_requests_one_pending ON access_requests (organization_id, person_id) WHERE state = 'PENDING';

-- A person's own requests, and how many they made of late.
CREATE INDEX access_requests_of_person ON access_requests (person_id, access_request_id);

COMMENT ON TABLE access_requests IS 'Requests of people to become profile users, whatever became of them';
COMMENT ON COLUMN access_requests.organization_id IS 'The organization that is asked; the tenant key';
COMMENT ON COLUMN access_requests.access_request_id IS 'UUIDv7 of the request: newest first is the order of this id';
COMMENT ON COLUMN access_requests.person_id IS 'Who asks';
COMMENT ON COLUMN access_requests.display_name IS 'Their name from their own token; null when it held none';
COMMENT ON COLUMN access_requests.address_given IS 'Their address as their issuer verified it, for the owner to see, and for mail about the organization once they are in';
COMMENT ON COLUMN access_requests.address_canonical IS 'The same for comparing';
COMMENT ON COLUMN access_requests.role IS 'What they want to be';
COMMENT ON COLUMN access_requests.message IS 'What they say to the owner; null when nothing';
COMMENT ON COLUMN access_requests.state IS 'Where it stands: an AccessRequestState of the contract. PENDING is over when expire_time has come';
COMMENT ON COLUMN access_requests.version IS 'Raised with every change';
COMMENT ON COLUMN access_requests.create_time IS 'When they asked';
COMMENT ON COLUMN access_requests.expire_time IS 'When it ends by itself';
COMMENT ON COLUMN access_requests.decide_time IS 'When it was decided or taken back';
