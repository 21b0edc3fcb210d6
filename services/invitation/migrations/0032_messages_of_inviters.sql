-- How many mails one person has an organization send by hand is limited, beside what its plan lets go out.
CREATE TABLE inviter_message_counts (
    organization_id uuid        NOT NULL,
    person_id       uuid        NOT NULL,
    hour            timestamptz NOT NULL,
    slot            smallint    NOT NULL,
    messages        bigint      NOT NULL,
    PRIMARY KEY (organization_id, person_id, hour, slot)
);

COMMENT ON TABLE inviter_message_counts IS 'How many messages somebody has asked for by hand at an organization, by the hour in which they are due.';
COMMENT ON COLUMN inviter_message_counts.organization_id IS 'The organization.';
COMMENT ON COLUMN inviter_message_counts.person_id IS 'Who invited, or sent again.';
COMMENT ON COLUMN inviter_message_counts.hour IS 'The beginning of the hour.';
COMMENT ON COLUMN inviter_message_counts.slot IS 'The slot that the transaction counts in, as in message_counts.';
COMMENT ON COLUMN inviter_message_counts.messages IS 'How many.';
