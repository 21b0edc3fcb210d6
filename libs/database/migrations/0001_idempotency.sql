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
