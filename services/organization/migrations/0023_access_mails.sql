-- Mails about access: to the owner when somebody asks for it, and a month before it ends.
CREATE TABLE access_notices (
    organization_id uuid        NOT NULL REFERENCES organizations,
    notice_id       uuid        NOT NULL,
    number          integer     NOT NULL CONSTRAINT access_notices_number CHECK (number >= 0),
    mail_time       timestamptz,
    CONSTRAINT access_notices_pkey PRIMARY KEY (organization_id),
    CONSTRAINT access_notices_mailed CHECK ((number = 0) = (mail_time IS NULL))
);

COMMENT ON TABLE access_notices IS 'What the owner of an organization, whoever that is, has been mailed about people who ask to be let in';
COMMENT ON COLUMN access_notices.organization_id IS 'The organization; the tenant key';
COMMENT ON COLUMN access_notices.notice_id IS 'UUIDv7; stands for the owner in the names of mails';
COMMENT ON COLUMN access_notices.number IS 'How many mails were asked for; raised with each under the row lock, the sequence of its events';
COMMENT ON COLUMN access_notices.mail_time IS 'The first moment at which the latest of them may be sent; null before the first';

CREATE TABLE access_reminders (
    organization_id uuid        NOT NULL REFERENCES organizations,
    reminder_id     uuid        NOT NULL,
    person_id       uuid        NOT NULL,
    recipient       text        NOT NULL,
    expire_time     timestamptz NOT NULL,
    CONSTRAINT access_reminders_pkey PRIMARY KEY (organization_id, reminder_id),
    CONSTRAINT access_reminders_recipient CHECK (recipient IN ('PERSON', 'OWNER'))
);

COMMENT ON TABLE access_reminders IS 'Mails that were asked for about an access that ends, one for each recipient. When its end is moved they are not wanted any more';
COMMENT ON COLUMN access_reminders.organization_id IS 'The organization; the tenant key';
COMMENT ON COLUMN access_reminders.reminder_id IS 'UUIDv7; stands for the mail';
COMMENT ON COLUMN access_reminders.person_id IS 'Whose access ends';
COMMENT ON COLUMN access_reminders.recipient IS 'Who is told: the person, or the owner, whoever that is when it is sent';
COMMENT ON COLUMN access_reminders.expire_time IS 'The end of which it tells';

ALTER TABLE profile_users ADD COLUMN remind_time timestamptz;
COMMENT ON COLUMN profile_users.remind_time IS 'When to tell of the end: a month before; null when that was done, and where there is no end or none so far away';
UPDATE profile_users SET remind_time = expire_time - interval '30 days' WHERE expire_time IS NOT NULL;

-- Serves the job: whoever is to be told now, and nobody who was.
CREATE INDEX profile_users_to_remind ON profile_users (remind_time) WHERE remind_time IS NOT NULL;
