-- Whoever wants no further invitation sees where they said so, and takes it back; what was taken back stays known.
CREATE INDEX opt_outs_of_address ON opt_outs (address_canonical, invitation_id);

CREATE TABLE lifted_opt_outs (
    organization_id   uuid        NOT NULL,
    invitation_id     uuid        NOT NULL,
    lift_time         timestamptz NOT NULL,
    address_canonical text        NOT NULL,
    create_time       timestamptz NOT NULL,
    lifted_by         text        NOT NULL CHECK (lifted_by IN ('UNDO', 'JOIN_PAGE', 'ACCOUNT')),
    person_id         uuid,
    PRIMARY KEY (organization_id, invitation_id, lift_time),
    CHECK (lifted_by <> 'ACCOUNT' OR person_id IS NOT NULL)
);

COMMENT ON TABLE lifted_opt_outs IS 'Opt-outs that were taken back: whoever doubts a mail that came again sees why. Nothing decides by it.';
COMMENT ON COLUMN lifted_opt_outs.organization_id IS 'The organization.';
COMMENT ON COLUMN lifted_opt_outs.invitation_id IS 'The invitation whose decline had said so.';
COMMENT ON COLUMN lifted_opt_outs.lift_time IS 'When it was taken back.';
COMMENT ON COLUMN lifted_opt_outs.address_canonical IS 'The form that addresses are compared by.';
COMMENT ON COLUMN lifted_opt_outs.create_time IS 'When it had been said.';
COMMENT ON COLUMN lifted_opt_outs.lifted_by IS 'Which act took it back: undoing the decline, confirming a request to join, or the person in their account.';
COMMENT ON COLUMN lifted_opt_outs.person_id IS 'Who was signed in; null where a link was enough.';
