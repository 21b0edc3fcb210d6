-- Mails about an ownership that registry staff moved: to who has it since, and to who had it.
CREATE TABLE ownership_notices (
    organization_id uuid        NOT NULL REFERENCES organizations,
    notice_id       uuid        NOT NULL,
    person_id       uuid        NOT NULL,
    recipient       text        NOT NULL,
    move_time       timestamptz NOT NULL,
    CONSTRAINT ownership_notices_pkey PRIMARY KEY (organization_id, notice_id),
    CONSTRAINT ownership_notices_recipient CHECK (recipient IN ('OWNER', 'FORMER_OWNER'))
);

COMMENT ON TABLE ownership_notices IS 'Mails that were asked for when registry staff moved an ownership. Of one that has moved on meanwhile they are not wanted any more';
COMMENT ON COLUMN ownership_notices.organization_id IS 'The organization; the tenant key';
COMMENT ON COLUMN ownership_notices.notice_id IS 'UUIDv7; stands for the mail';
COMMENT ON COLUMN ownership_notices.person_id IS 'Who is told';
COMMENT ON COLUMN ownership_notices.recipient IS 'What it made of them: the owner, or who was it before';
COMMENT ON COLUMN ownership_notices.move_time IS 'When it was moved';
