-- Registry staff give profiles back, refuse, halt and reinstate them, and say why.
ALTER TABLE organizations
    ADD COLUMN decision_reason text NOT NULL DEFAULT '',
    DROP CONSTRAINT organizations_return_reasons,
    ADD CONSTRAINT organizations_return_reasons CHECK
        (return_reasons <@ ARRAY['LICENSE_NUMBER_TAKEN', 'LICENSE_NUMBER_UNKNOWN', 'NAME_MISMATCH', 'OTHER']);
COMMENT ON COLUMN organizations.decision_reason IS 'What registry staff stated with their latest decision; empty before the first one, and once it was handed in again';

ALTER TABLE staff_acts
    DROP CONSTRAINT staff_acts_act,
    ADD CONSTRAINT staff_acts_act CHECK (act IN ('APPROVE_ORGANIZATION', 'RETURN_ORGANIZATION', 'REJECT_ORGANIZATION',
        'SUSPEND_ORGANIZATION', 'REINSTATE_ORGANIZATION', 'ACTIVATE_SUBSCRIPTION'));
