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
