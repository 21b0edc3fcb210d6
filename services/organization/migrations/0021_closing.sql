-- The owner or registry staff close an organization, for good.
ALTER TABLE organizations
    ADD COLUMN close_time timestamptz,
    ADD CONSTRAINT organizations_closed CHECK (close_time IS NULL OR state = 'CLOSED');
COMMENT ON COLUMN organizations.close_time IS 'When it was closed; null before';
COMMENT ON COLUMN organizations.decision_reason IS 'What registry staff stated with their latest decision, or whoever closed it; empty before the first one, and once it was handed in again';

ALTER TABLE staff_acts
    DROP CONSTRAINT staff_acts_act,
    ADD CONSTRAINT staff_acts_act CHECK (act IN ('APPROVE_ORGANIZATION', 'RETURN_ORGANIZATION', 'REJECT_ORGANIZATION',
        'SUSPEND_ORGANIZATION', 'REINSTATE_ORGANIZATION', 'CLOSE_ORGANIZATION', 'ACTIVATE_SUBSCRIPTION', 'MOVE_OWNERSHIP'));
