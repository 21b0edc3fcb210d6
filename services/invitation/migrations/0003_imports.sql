-- Spreadsheets of invitations.
CREATE TABLE imports (
    organization_id    uuid        NOT NULL,
    import_id          uuid        NOT NULL,
    version            bigint      NOT NULL CHECK (version > 0),
    state              text        NOT NULL CHECK (state IN ('UPLOADED', 'READY', 'APPROVED', 'APPLYING', 'APPLIED', 'APPLIED_WITH_ERRORS', 'DISAPPROVED', 'FAILED')),
    file_name          text        NOT NULL,
    file_sha256        bytea       NOT NULL CHECK (octet_length(file_sha256) = 32),
    uploader_person_id uuid        NOT NULL,
    approver_person_id uuid,
    preview_sha256     bytea       NOT NULL CHECK (octet_length(preview_sha256) = 32),
    context_sha256     bytea       NOT NULL CHECK (octet_length(context_sha256) = 32),
    row_count          integer     NOT NULL,
    valid_count        integer     NOT NULL,
    warning_count      integer     NOT NULL,
    error_count        integer     NOT NULL,
    applied_count      integer     NOT NULL DEFAULT 0,
    refused_count      integer     NOT NULL DEFAULT 0,
    create_time        timestamptz NOT NULL,
    expire_time        timestamptz NOT NULL,
    decide_time        timestamptz,
    finish_time        timestamptz,
    approve_traceparent text,
    attempts           integer     NOT NULL DEFAULT 0,
    failure            text        NOT NULL DEFAULT '',
    lease_token        uuid,
    lease_until        timestamptz,
    PRIMARY KEY (organization_id, import_id),
    CHECK ((lease_token IS NULL) = (lease_until IS NULL)),
    CHECK (state <> 'FAILED' OR failure <> ''),
    CHECK (state NOT IN ('APPROVED', 'APPLYING', 'APPLIED', 'APPLIED_WITH_ERRORS') OR approver_person_id IS NOT NULL)
);

-- Serves the worker: what waits for it, first what was never worked on.
CREATE INDEX imports_to_do ON imports (lease_until NULLS FIRST, create_time) WHERE state IN ('UPLOADED', 'APPROVED', 'APPLYING');

COMMENT ON TABLE imports IS 'Uploaded spreadsheets: preview, decision, result, history.';
COMMENT ON COLUMN imports.organization_id IS 'The organization that invites.';
COMMENT ON COLUMN imports.import_id IS 'UUIDv7 of the import.';
COMMENT ON COLUMN imports.version IS 'Raised by one with every change of state.';
COMMENT ON COLUMN imports.state IS 'UPLOADED (the preview is to be made again), READY, APPROVED, APPLYING, APPLIED, APPLIED_WITH_ERRORS, DISAPPROVED or FAILED. READY and UPLOADED past their expire_time are shown as EXPIRED.';
COMMENT ON COLUMN imports.file_name IS 'Name of the file, as uploaded.';
COMMENT ON COLUMN imports.file_sha256 IS 'SHA-256 of the file; the file itself is not kept.';
COMMENT ON COLUMN imports.uploader_person_id IS 'Who uploaded it.';
COMMENT ON COLUMN imports.approver_person_id IS 'Who approved it: the inviter of its invitations.';
COMMENT ON COLUMN imports.preview_sha256 IS 'Digest of the preview, with everything it was made from: the etag.';
COMMENT ON COLUMN imports.context_sha256 IS 'Digest of the groups and locations that the preview was made with.';
COMMENT ON COLUMN imports.row_count IS 'Rows of the file, without its header and its empty lines.';
COMMENT ON COLUMN imports.valid_count IS 'Rows that become an invitation of their own.';
COMMENT ON COLUMN imports.warning_count IS 'Rows with a warning and no error.';
COMMENT ON COLUMN imports.error_count IS 'Rows with an error.';
COMMENT ON COLUMN imports.applied_count IS 'Rows that have become invitations.';
COMMENT ON COLUMN imports.refused_count IS 'Rows refused while applying.';
COMMENT ON COLUMN imports.create_time IS 'When it was uploaded.';
COMMENT ON COLUMN imports.expire_time IS 'Until when it can be decided on.';
COMMENT ON COLUMN imports.decide_time IS 'When it was approved or disapproved.';
COMMENT ON COLUMN imports.finish_time IS 'When the last row was applied, or it was given up.';
COMMENT ON COLUMN imports.approve_traceparent IS 'W3C trace context of the approval; the trace of every row links to it.';
COMMENT ON COLUMN imports.attempts IS 'How often in a row it could not go on, for a reason that time alone does not mend.';
COMMENT ON COLUMN imports.failure IS 'Why it is FAILED; empty otherwise.';
COMMENT ON COLUMN imports.lease_token IS 'Set by the worker that works on it; only the holder may go on.';
COMMENT ON COLUMN imports.lease_until IS 'After this time a worker may take it; null before the first one did.';

CREATE TABLE import_rows (
    organization_id   uuid    NOT NULL,
    import_id         uuid    NOT NULL,
    line              integer NOT NULL CHECK (line > 0),
    address_given     text    NOT NULL,
    address_canonical text,
    groups_given      text[]  NOT NULL,
    location_given    text    NOT NULL,
    surplus_cells     boolean NOT NULL,
    state             text    NOT NULL CHECK (state IN ('VALID', 'MERGED', 'INVALID', 'APPLIED', 'REFUSED')),
    problems          jsonb   NOT NULL,
    group_ids         uuid[]  NOT NULL,
    location_id       uuid,
    merged_into_line  integer,
    invitation_id     uuid,
    trace_id          text    NOT NULL DEFAULT '',
    PRIMARY KEY (organization_id, import_id, line),
    FOREIGN KEY (organization_id, import_id) REFERENCES imports,
    CHECK ((state = 'MERGED') = (merged_into_line IS NOT NULL)),
    CHECK (state <> 'APPLIED' OR invitation_id IS NOT NULL)
);

-- Serves the worker: the next rows to apply.
CREATE INDEX import_rows_to_apply ON import_rows (organization_id, import_id, line) WHERE state = 'VALID';
-- Serves the merged rows that follow a row.
CREATE INDEX import_rows_merged ON import_rows (organization_id, import_id, merged_into_line)
    WHERE merged_into_line IS NOT NULL;

COMMENT ON TABLE import_rows IS 'The rows of a spreadsheet, each with all its problems and its result.';
COMMENT ON COLUMN import_rows.organization_id IS 'The organization that invites.';
COMMENT ON COLUMN import_rows.import_id IS 'The import.';
COMMENT ON COLUMN import_rows.line IS 'Line of the file on which the row begins; the header is line 1.';
COMMENT ON COLUMN import_rows.address_given IS 'The address, as given.';
COMMENT ON COLUMN import_rows.address_canonical IS 'The form that addresses are compared by; null when the address cannot be read.';
COMMENT ON COLUMN import_rows.groups_given IS 'The names of groups, as given.';
COMMENT ON COLUMN import_rows.location_given IS 'The name of the location, as given; empty when not said.';
COMMENT ON COLUMN import_rows.surplus_cells IS 'Whether the row had more cells than the header.';
COMMENT ON COLUMN import_rows.state IS 'VALID, MERGED, INVALID; later APPLIED or REFUSED.';
COMMENT ON COLUMN import_rows.problems IS 'Every problem: severity, column, description, suggestion.';
COMMENT ON COLUMN import_rows.group_ids IS 'The groups to join, those of merged rows included.';
COMMENT ON COLUMN import_rows.location_id IS 'The location; null when not said.';
COMMENT ON COLUMN import_rows.merged_into_line IS 'The earlier row of the same address.';
COMMENT ON COLUMN import_rows.invitation_id IS 'The invitation it became or was merged into.';
COMMENT ON COLUMN import_rows.trace_id IS 'Id of the trace of its applying, 32 hex digits.';
