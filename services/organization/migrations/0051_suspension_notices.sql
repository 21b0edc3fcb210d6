-- Mails to the owner of an organization that registry staff have suspended, or let go on.
CREATE TABLE suspension_notices (
    organization_id uuid        NOT NULL REFERENCES organizations,
    notice_id       uuid        NOT NULL,
    version         bigint      NOT NULL,
    is_over         boolean     NOT NULL,
    act_time        timestamptz NOT NULL,
    CONSTRAINT suspension_notices_pkey PRIMARY KEY (organization_id, notice_id)
);

COMMENT ON TABLE suspension_notices IS 'Mails that were asked for when registry staff suspended an organization or let it go on. Only the latest of an organization is wanted';
COMMENT ON COLUMN suspension_notices.organization_id IS 'The organization; the tenant key';
COMMENT ON COLUMN suspension_notices.notice_id IS 'UUIDv7; stands for the mail';
COMMENT ON COLUMN suspension_notices.version IS 'The version of the profile since the act: a later act has a greater one';
COMMENT ON COLUMN suspension_notices.is_over IS 'Whether the suspension ended; else it began';
COMMENT ON COLUMN suspension_notices.act_time IS 'When staff did it';
