-- Deliveries: one message to one recipient. Neither address nor link nor text is stored: the owner of the thing is
-- asked for them just before each attempt.
CREATE TABLE deliveries (
    organization_id   uuid        NOT NULL,
    delivery_id       uuid        NOT NULL,
    subject           text        NOT NULL,
    purpose           text        NOT NULL CONSTRAINT deliveries_purpose CHECK (purpose ~ '^[A-Z][A-Z_]*$'),
    generation        integer     NOT NULL CONSTRAINT deliveries_generation CHECK (generation > 0),
    request           integer     NOT NULL CONSTRAINT deliveries_request CHECK (request > 0),
    template_version  integer     NOT NULL CONSTRAINT deliveries_template_version CHECK (template_version > 0),
    message_id        text        NOT NULL,
    state             text        NOT NULL CONSTRAINT deliveries_state
        CHECK (state IN ('QUEUED', 'SENDING', 'SENT', 'UNCERTAIN', 'DEFERRED', 'FAILED', 'DROPPED')),
    attempts          integer     NOT NULL DEFAULT 0,
    deferrals         integer     NOT NULL DEFAULT 0,
    breaks            integer     NOT NULL DEFAULT 0,
    unasked           integer     NOT NULL DEFAULT 0,
    ambiguous_resends integer     NOT NULL DEFAULT 0 CONSTRAINT deliveries_one_resend CHECK (ambiguous_resends IN (0, 1)),
    content_sha256    bytea       CONSTRAINT deliveries_content_sha256 CHECK (octet_length(content_sha256) = 32),
    server_reply      text        NOT NULL DEFAULT '',
    next_attempt_time timestamptz,
    lease_token       uuid,
    lease_until       timestamptz,
    phase             text        CONSTRAINT deliveries_phase CHECK (phase IN ('BEFORE_DOT', 'DOT')),
    traceparent       text,
    version           bigint      NOT NULL DEFAULT 1,
    create_time       timestamptz NOT NULL,
    send_time         timestamptz,
    CONSTRAINT deliveries_pkey PRIMARY KEY (organization_id, delivery_id),
    -- The subject names the organization. No index but the primary key begins with organization_id: on a table that was
    -- not analyzed since it was empty, the planner takes any that does, and looks through all of an organization's rows.
    CONSTRAINT deliveries_once UNIQUE (subject, purpose, generation, request),
    CONSTRAINT deliveries_waiting CHECK ((state IN ('QUEUED', 'DEFERRED')) = (next_attempt_time IS NOT NULL)),
    CONSTRAINT deliveries_leased CHECK (
        (state = 'SENDING') = (lease_token IS NOT NULL)
        AND (state = 'SENDING') = (lease_until IS NOT NULL)
        AND (state = 'SENDING') = (phase IS NOT NULL)
    ),
    CONSTRAINT deliveries_sent CHECK ((state = 'SENT') = (send_time IS NOT NULL))
) WITH (fillfactor = 70); -- Reaching the dot changes no indexed column: with room in the page it touches no index.

-- Serves the claim: due deliveries, oldest first.
CREATE INDEX deliveries_due ON deliveries (next_attempt_time) WHERE state IN ('QUEUED', 'DEFERRED');
-- Serves the recovery of deliveries whose worker is gone: no more rows than messages are being sent.
CREATE INDEX deliveries_sending ON deliveries (delivery_id) WHERE state = 'SENDING';

COMMENT ON TABLE deliveries IS 'One message to one recipient, with the truth about what became of it.';
COMMENT ON COLUMN deliveries.organization_id IS 'Organization that the message is sent for.';
COMMENT ON COLUMN deliveries.delivery_id IS 'UUIDv7 of the delivery; newest last.';
COMMENT ON COLUMN deliveries.subject IS 'Resource name of the thing that the message is about.';
COMMENT ON COLUMN deliveries.purpose IS 'Why it is sent: a row of the table of mails. Rows of purposes that a release does not know are left alone by it.';
COMMENT ON COLUMN deliveries.generation IS 'Generation of the link that it carries.';
COMMENT ON COLUMN deliveries.request IS 'Which mail with that link it is; the same for a request that comes twice.';
COMMENT ON COLUMN deliveries.template_version IS 'Version of the words, the same at every attempt.';
COMMENT ON COLUMN deliveries.message_id IS 'Message-ID header (RFC 5322), the same at every attempt.';
COMMENT ON COLUMN deliveries.state IS 'What became of it.';
COMMENT ON COLUMN deliveries.attempts IS 'How often it was handed to the mail server.';
COMMENT ON COLUMN deliveries.deferrals IS 'How often the mail server asked to come back later (4xx); chooses the next delay.';
COMMENT ON COLUMN deliveries.breaks IS 'How often the mail server could not be reached or hung up before the message was handed over.';
COMMENT ON COLUMN deliveries.unasked IS 'How often in a row its owner could not be asked; chooses the next delay.';
COMMENT ON COLUMN deliveries.ambiguous_resends IS 'How often it was sent again though it may have been taken: at most once.';
COMMENT ON COLUMN deliveries.content_sha256 IS 'SHA-256 of the first copy that the mail server may have taken: a second one of other bytes is another message.';
COMMENT ON COLUMN deliveries.server_reply IS 'Latest reply of the mail server: code and enhanced status only, since its text may hold the address.';
COMMENT ON COLUMN deliveries.next_attempt_time IS 'Not claimed before this time; null when it is being sent or over.';
COMMENT ON COLUMN deliveries.lease_token IS 'Set by the worker that sends it; only the holder may say what became of it.';
COMMENT ON COLUMN deliveries.lease_until IS 'After this time the worker is taken for dead.';
COMMENT ON COLUMN deliveries.phase IS 'How far the worker may have come: DOT is written before the final dot, from where on the message may have been taken.';
COMMENT ON COLUMN deliveries.traceparent IS 'W3C trace context in which it was asked for.';
COMMENT ON COLUMN deliveries.version IS 'Raised at every change; the sequence of its events.';
COMMENT ON COLUMN deliveries.create_time IS 'When it was asked for; the Date header.';
COMMENT ON COLUMN deliveries.send_time IS 'When the mail server took it.';
