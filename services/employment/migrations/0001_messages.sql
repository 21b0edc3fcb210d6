-- The outbox: events that were written in the transaction of the fact they tell of and wait to be published.
CREATE TABLE outbox (
    id              uuid        PRIMARY KEY,
    organization_id uuid        NOT NULL,
    aggregate_id    uuid        NOT NULL,
    aggregate_seq   bigint      NOT NULL CHECK (aggregate_seq > 0),
    event_type      text        NOT NULL,
    payload         bytea       NOT NULL,
    event_time      timestamptz NOT NULL,
    actor           text        NOT NULL,
    traceparent     text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    attempts        integer     NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    lease_token     uuid,
    lease_until     timestamptz,
    published_at    timestamptz,
    UNIQUE (aggregate_id, aggregate_seq),
    CHECK ((lease_token IS NULL) = (lease_until IS NULL))
) WITH (fillfactor = 60); -- A claim changes no indexed column: with room in the page it touches no index.

-- Serves the claim: due rows first.
CREATE INDEX outbox_due ON outbox (next_attempt_at, id) WHERE published_at IS NULL;
-- Serves "no earlier unpublished sibling".
CREATE INDEX outbox_head ON outbox (aggregate_id, aggregate_seq) WHERE published_at IS NULL;
-- Serves the sweep of old rows.
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;

COMMENT ON TABLE outbox IS 'Events to publish, written in the transaction of the fact. Not a tenant table: the relay reads it across organizations.';
COMMENT ON COLUMN outbox.id IS 'UUIDv7 of the event; the message id in the broker, the same at every attempt.';
COMMENT ON COLUMN outbox.organization_id IS 'Organization that the event belongs to.';
COMMENT ON COLUMN outbox.aggregate_id IS 'The thing that changed; events of one aggregate are published in order.';
COMMENT ON COLUMN outbox.aggregate_seq IS 'Version of the aggregate, taken under its row lock, so that a later one never commits before an earlier one.';
COMMENT ON COLUMN outbox.event_type IS 'Routing key of the event, such as invitation.accepted.';
COMMENT ON COLUMN outbox.payload IS 'Protobuf message of the event: ids only, no secrets, no personal data.';
COMMENT ON COLUMN outbox.event_time IS 'Domain time of the fact.';
COMMENT ON COLUMN outbox.actor IS 'Who caused it: person:<uuid>, workload:<name> or service:<name>.';
COMMENT ON COLUMN outbox.traceparent IS 'W3C trace context of the call that caused it; the publish span is its child.';
COMMENT ON COLUMN outbox.created_at IS 'When the row was written, by the clock of the database; the age of the outbox is counted from here.';
COMMENT ON COLUMN outbox.attempts IS 'How often a relay has claimed the row.';
COMMENT ON COLUMN outbox.next_attempt_at IS 'Not claimed before this time; moved by the back-off after a refusal of the broker.';
COMMENT ON COLUMN outbox.lease_token IS 'Set by the relay that works on the row; only the holder may mark it.';
COMMENT ON COLUMN outbox.lease_until IS 'After this time another relay may claim the row.';
COMMENT ON COLUMN outbox.published_at IS 'When the broker had confirmed the message and not returned it; null until then.';

-- The inbox: events whose work is done, written in the transaction of that work.
CREATE TABLE inbox (
    id            uuid        PRIMARY KEY,
    event_type    text        NOT NULL,
    aggregate_id  uuid        NOT NULL,
    aggregate_seq bigint      NOT NULL,
    received_at   timestamptz NOT NULL DEFAULT now()
);

-- Serves the sweep of old rows.
CREATE INDEX inbox_received ON inbox (received_at);

COMMENT ON TABLE inbox IS 'Events already applied: a second delivery finds its row and does nothing. Not a tenant table.';
COMMENT ON COLUMN inbox.id IS 'Id of the event (the message id in the broker).';
COMMENT ON COLUMN inbox.event_type IS 'Routing key of the event.';
COMMENT ON COLUMN inbox.aggregate_id IS 'The thing that the event tells of.';
COMMENT ON COLUMN inbox.aggregate_seq IS 'Version of the aggregate that the event tells of.';
COMMENT ON COLUMN inbox.received_at IS 'When it was applied, by the clock of the database; swept after 30 days.';

-- Answers to requests that carried a request_id (AIP-155), written in the transaction of the work they answer.
CREATE TABLE idempotency (
    caller         text        NOT NULL,
    method         text        NOT NULL,
    request_id     uuid        NOT NULL,
    request_sha256 bytea       NOT NULL CONSTRAINT idempotency_sha256_length CHECK (octet_length(request_sha256) = 32),
    response       bytea,
    created_at     timestamptz NOT NULL,
    CONSTRAINT idempotency_pkey PRIMARY KEY (caller, method, request_id)
);

CREATE INDEX idempotency_created_at ON idempotency (created_at);

COMMENT ON TABLE idempotency IS 'Answers given to requests with a request_id, kept 24 hours';
COMMENT ON COLUMN idempotency.caller IS 'Who asked: person:<uuid> or workload:<name>';
COMMENT ON COLUMN idempotency.method IS 'The RPC: package.Service/Method';
COMMENT ON COLUMN idempotency.request_id IS 'The UUID that the caller chose';
COMMENT ON COLUMN idempotency.request_sha256 IS 'SHA-256 of the request: the same id with another request is refused';
COMMENT ON COLUMN idempotency.response IS 'The encoded response; NULL only inside the transaction that does the work';
COMMENT ON COLUMN idempotency.created_at IS 'When the work was done; rows older than 24 hours are deleted';
