-- Reviews of approved profiles.
CREATE TABLE reviews (
    organization_id   uuid        NOT NULL REFERENCES organizations,
    notice_id         uuid        NOT NULL,
    since_time        timestamptz NOT NULL,
    confirm_person_id uuid,
    mail_number       integer     NOT NULL CONSTRAINT reviews_mail_number CHECK (mail_number >= 0),
    remind_time       timestamptz,
    CONSTRAINT reviews_pkey PRIMARY KEY (organization_id)
);

COMMENT ON TABLE reviews IS 'When what an organization says of itself was last looked at';
COMMENT ON COLUMN reviews.organization_id IS 'The organization; the tenant key';
COMMENT ON COLUMN reviews.notice_id IS 'UUIDv7; stands for the reminders of the owner in the names of mails';
COMMENT ON COLUMN reviews.since_time IS 'When it was confirmed last, or, before the first time, when the profile was approved';
COMMENT ON COLUMN reviews.confirm_person_id IS 'Who confirmed it last; null before the first time';
COMMENT ON COLUMN reviews.mail_number IS 'How many reminders were asked for; raised with each under the row lock, the sequence of their events';
COMMENT ON COLUMN reviews.remind_time IS 'When to look next whether the owner is to be reminded; null when there is nothing more to remind of before it is confirmed';

-- Serves the job: whoever is to be looked at now.
CREATE INDEX reviews_to_remind ON reviews (remind_time) WHERE remind_time IS NOT NULL;

-- Profiles of before are first due when they would have been reviewed for the first time, but not all at once with the migration.
INSERT INTO reviews (organization_id, notice_id, since_time, mail_number, remind_time)
SELECT organization_id, gen_random_uuid(), now(), 0, now() + interval '30 days'
FROM organizations WHERE approve_time IS NOT NULL AND state <> 'CLOSED';
