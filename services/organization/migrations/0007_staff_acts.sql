-- The audit of what registry staff did, written in the transaction of the act. Rows are only ever added.
CREATE TABLE staff_acts (
    organization_id uuid        NOT NULL REFERENCES organizations,
    staff_act_id    uuid        NOT NULL,
    act             text        NOT NULL,
    actor           text        NOT NULL,
    reason          text        NOT NULL,
    act_time        timestamptz NOT NULL,
    CONSTRAINT staff_acts_pkey PRIMARY KEY (organization_id, staff_act_id),
    CONSTRAINT staff_acts_act CHECK (act IN ('APPROVE_ORGANIZATION', 'ACTIVATE_SUBSCRIPTION'))
);

COMMENT ON TABLE staff_acts IS 'What registry staff did to an organization, and why';
COMMENT ON COLUMN staff_acts.organization_id IS 'The organization; the tenant key';
COMMENT ON COLUMN staff_acts.staff_act_id IS 'UUIDv7 of the act';
COMMENT ON COLUMN staff_acts.act IS 'What was done';
COMMENT ON COLUMN staff_acts.actor IS 'Who did it: person:<uuid>';
COMMENT ON COLUMN staff_acts.reason IS 'The reason that they stated';
COMMENT ON COLUMN staff_acts.act_time IS 'When';
