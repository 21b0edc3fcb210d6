-- Strangers who ask to join by an organization's page.
CREATE TABLE join_requests (
    organization_id   uuid        NOT NULL,
    join_request_id   uuid        NOT NULL,
    state             text        NOT NULL CHECK (state IN ('UNVERIFIED', 'VERIFIED')),
    address_given     text        NOT NULL,
    address_canonical text        NOT NULL,
    address_counted   text        NOT NULL,
    group_id          uuid        NOT NULL,
    location_id       uuid        NOT NULL,
    create_time       timestamptz NOT NULL,
    expire_time       timestamptz NOT NULL,
    PRIMARY KEY (organization_id, join_request_id)
);

-- Serves the count of mails to one mailbox, over all organizations.
CREATE INDEX join_requests_of_mailbox ON join_requests (address_counted, create_time);
-- Serves the count of those of one organization, and the sweeper.
CREATE INDEX join_requests_by_time ON join_requests (create_time, organization_id);

COMMENT ON TABLE join_requests IS 'Requests to join by an organization''s page, kept for a week';
COMMENT ON COLUMN join_requests.organization_id IS 'The organization that is asked.';
COMMENT ON COLUMN join_requests.join_request_id IS 'UUIDv7 of the request.';
COMMENT ON COLUMN join_requests.state IS 'UNVERIFIED until the address is confirmed, then VERIFIED. UNVERIFIED past its expire_time is over.';
COMMENT ON COLUMN join_requests.address_given IS 'The address as it was given; mail goes only there.';
COMMENT ON COLUMN join_requests.address_canonical IS 'The form that addresses are compared by.';
COMMENT ON COLUMN join_requests.address_counted IS 'The mailbox that mails are counted by: the canonical form without dots and without what follows a + before the @.';
COMMENT ON COLUMN join_requests.group_id IS 'The group that was chosen; it was active then.';
COMMENT ON COLUMN join_requests.location_id IS 'The location that was chosen.';
COMMENT ON COLUMN join_requests.create_time IS 'When it was asked.';
COMMENT ON COLUMN join_requests.expire_time IS 'Until when the address can be confirmed.';
