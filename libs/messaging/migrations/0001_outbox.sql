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
