-- An invitee says no, may take that back for a day, and may ask not to be invited again.
ALTER TABLE invitations
    ADD COLUMN decline_time timestamptz,
    ADD COLUMN state_before_decline text CHECK (state_before_decline IN ('PROSPECT', 'PENDING', 'EXPIRED')),
    ADD CONSTRAINT invitations_decline CHECK (
        (state = 'DECLINED') = (decline_time IS NOT NULL)
        AND (decline_time IS NULL) = (state_before_decline IS NULL)
    );

COMMENT ON COLUMN invitations.decline_time IS 'When the invitee declined; null unless DECLINED.';
COMMENT ON COLUMN invitations.state_before_decline IS 'The state that it has again when the decline is undone; null unless DECLINED.';

CREATE TABLE opt_outs (
    organization_id   uuid        NOT NULL,
    address_canonical text        NOT NULL,
    invitation_id     uuid        NOT NULL,
    create_time       timestamptz NOT NULL,
    PRIMARY KEY (organization_id, address_canonical)
);

COMMENT ON TABLE opt_outs IS 'Addresses that an organization is not to invite again, because who has them said so.';
COMMENT ON COLUMN opt_outs.organization_id IS 'The organization.';
COMMENT ON COLUMN opt_outs.address_canonical IS 'The form that addresses are compared by.';
COMMENT ON COLUMN opt_outs.invitation_id IS 'The invitation whose decline said so; undoing that decline lifts it.';
COMMENT ON COLUMN opt_outs.create_time IS 'When it was said.';
