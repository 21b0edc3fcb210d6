-- What organizations have subscribed to.
CREATE TABLE subscriptions (
    organization_id     uuid        NOT NULL REFERENCES organizations,
    plan                text        NOT NULL,
    invitations_by_hand integer     NOT NULL,
    import_rows         integer     NOT NULL,
    messages_per_day    integer     NOT NULL,
    activate_time       timestamptz NOT NULL,
    end_time            timestamptz,
    CONSTRAINT subscriptions_pkey PRIMARY KEY (organization_id),
    CONSTRAINT subscriptions_plan CHECK (plan IN ('BASIC', 'PREMIUM')),
    CONSTRAINT subscriptions_end CHECK (end_time > activate_time)
);

COMMENT ON TABLE subscriptions IS 'The plan that registry staff gave an organization; without a row, or past its end, the basic plan is in force';
COMMENT ON COLUMN subscriptions.organization_id IS 'The organization; the tenant key';
COMMENT ON COLUMN subscriptions.plan IS 'BASIC or PREMIUM';
COMMENT ON COLUMN subscriptions.invitations_by_hand IS 'The most invitations in one call by hand';
COMMENT ON COLUMN subscriptions.import_rows IS 'The most rows of one spreadsheet';
COMMENT ON COLUMN subscriptions.messages_per_day IS 'The most messages in 24 hours';
COMMENT ON COLUMN subscriptions.activate_time IS 'When it came into force';
COMMENT ON COLUMN subscriptions.end_time IS 'From when on it is in force no more; null: open end';
