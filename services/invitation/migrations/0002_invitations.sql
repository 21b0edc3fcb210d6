-- Addresses asked to join an organization.
CREATE TABLE invitations (
    organization_id     uuid        NOT NULL,
    invitation_id       uuid        NOT NULL,
    version             bigint      NOT NULL CHECK (version > 0),
    state               text        NOT NULL CHECK (state IN ('PROSPECT', 'PENDING', 'ACTIVE', 'DECLINED', 'CANCELLED', 'EXPIRED', 'ARCHIVED')),
    address_given       text        NOT NULL,
    address_canonical   text        NOT NULL,
    location_id         uuid,
    source              text        NOT NULL CHECK (source IN ('MANUAL', 'IMPORT', 'JOIN_PAGE')),
    inviter_person_id   uuid        NOT NULL,
    import_id           uuid,
    generation          integer     NOT NULL CHECK (generation > 0),
    delivery_state      text        NOT NULL CHECK (delivery_state IN ('SCHEDULED', 'QUEUED', 'HELD', 'SENT', 'UNCERTAIN', 'DEFERRED', 'FAILED', 'BOUNCED', 'SUPPRESSED', 'DROPPED')),
    delivery_detail     text        NOT NULL DEFAULT '',
    delivery_id         uuid,
    delivery_sequence   bigint      NOT NULL DEFAULT 0,
    create_time         timestamptz NOT NULL,
    send_time           timestamptz NOT NULL,
    expire_time         timestamptz NOT NULL,
    accept_time         timestamptz,
    person_id           uuid,
    person_display_name text,
    traceparent         text,
    -- What is included serves the counts by state, without an index that begins with the organization as well: a plan
    -- made while the table is young takes such an index for the look-up of one invitation, and keeps to it.
    PRIMARY KEY (organization_id, invitation_id) INCLUDE (state, expire_time),
    CONSTRAINT invitations_acceptance CHECK (
        (state IN ('ACTIVE', 'ARCHIVED')) = (person_id IS NOT NULL)
        AND (person_id IS NULL) = (accept_time IS NULL)
        AND (person_id IS NULL) = (person_display_name IS NULL)
    )
);

-- One live invitation for an address, and none beside an active learner: this index decides every race. The address
-- comes first, so that it serves nothing but looking for an address.
CREATE UNIQUE INDEX invitations_one_live ON invitations (address_canonical, organization_id)
    WHERE state IN ('PROSPECT', 'PENDING', 'ACTIVE');
-- Serves the list of one import, newest first.
CREATE INDEX invitations_of_import ON invitations (organization_id, import_id, invitation_id)
    WHERE import_id IS NOT NULL;
-- Serves the scheduler.
CREATE INDEX invitations_scheduled ON invitations (send_time) WHERE delivery_state = 'SCHEDULED';

COMMENT ON TABLE invitations IS 'Addresses asked to join an organization.';
COMMENT ON COLUMN invitations.organization_id IS 'The organization that invites.';
COMMENT ON COLUMN invitations.invitation_id IS 'UUIDv7 of the invitation; sorts by its making.';
COMMENT ON COLUMN invitations.version IS 'Raised by one with every change, under the row lock; the sequence of its events.';
COMMENT ON COLUMN invitations.state IS 'PROSPECT, PENDING, ACTIVE, DECLINED, CANCELLED, EXPIRED or ARCHIVED. A PROSPECT or PENDING past its expire_time is shown as EXPIRED, and written so only when a new invitation of the address is made.';
COMMENT ON COLUMN invitations.address_given IS 'The address as it was given; mail goes only there.';
COMMENT ON COLUMN invitations.address_canonical IS 'The form that addresses are compared by.';
COMMENT ON COLUMN invitations.location_id IS 'Where the invitee is to work; null when not said.';
COMMENT ON COLUMN invitations.source IS 'MANUAL, IMPORT or JOIN_PAGE.';
COMMENT ON COLUMN invitations.inviter_person_id IS 'Who invited; for an import, who approved it.';
COMMENT ON COLUMN invitations.import_id IS 'The import that made it; null otherwise.';
COMMENT ON COLUMN invitations.generation IS 'Generation of the link; a link of another one is dead.';
COMMENT ON COLUMN invitations.delivery_state IS 'What became of the latest mail.';
COMMENT ON COLUMN invitations.delivery_detail IS 'Reply code and enhanced status of the mail server for the latest mail.';
COMMENT ON COLUMN invitations.delivery_id IS 'UUIDv7 of the delivery that delivery_state was taken from; null before the first report. Reports of older deliveries change nothing.';
COMMENT ON COLUMN invitations.delivery_sequence IS 'Version of that delivery; older reports of it change nothing.';
COMMENT ON COLUMN invitations.create_time IS 'When it was made.';
COMMENT ON COLUMN invitations.send_time IS 'When its mail is due.';
COMMENT ON COLUMN invitations.expire_time IS 'Until when it can be accepted.';
COMMENT ON COLUMN invitations.accept_time IS 'When it was accepted.';
COMMENT ON COLUMN invitations.person_id IS 'Who accepted it.';
COMMENT ON COLUMN invitations.person_display_name IS 'Their name, from their own token when they accepted; empty when the token had none.';
COMMENT ON COLUMN invitations.traceparent IS 'W3C trace context of its making: the trace runs on to the reply of the mail server, and the accepting click links to it.';

CREATE TABLE invitation_groups (
    organization_id uuid NOT NULL,
    invitation_id   uuid NOT NULL,
    group_id        uuid NOT NULL,
    PRIMARY KEY (organization_id, invitation_id, group_id),
    FOREIGN KEY (organization_id, invitation_id) REFERENCES invitations
);

COMMENT ON TABLE invitation_groups IS 'The groups that an invitee is to join.';
COMMENT ON COLUMN invitation_groups.organization_id IS 'The organization that invites.';
COMMENT ON COLUMN invitation_groups.invitation_id IS 'The invitation.';
COMMENT ON COLUMN invitation_groups.group_id IS 'A group of the organization; it was active when it was added.';

CREATE TABLE message_counts (
    organization_id uuid        NOT NULL,
    hour            timestamptz NOT NULL,
    slot            smallint    NOT NULL,
    messages        bigint      NOT NULL,
    PRIMARY KEY (organization_id, hour, slot)
);

COMMENT ON TABLE message_counts IS 'How many messages an organization has asked for, by the hour in which they are due.';
COMMENT ON COLUMN message_counts.organization_id IS 'The organization.';
COMMENT ON COLUMN message_counts.hour IS 'The beginning of the hour.';
COMMENT ON COLUMN message_counts.slot IS 'One of eight rows to count in, so that concurrent invitations do not wait for one row; a transaction counts in one of them.';
COMMENT ON COLUMN message_counts.messages IS 'How many.';
