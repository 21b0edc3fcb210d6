-- Whoever accepts an invitation of whose groups none is active any more is refused, and the organization is told by mail.
CREATE TABLE acceptance_notices (
    organization_id uuid    NOT NULL,
    notice_id       uuid    NOT NULL,
    person_id       uuid    NOT NULL,
    number          integer NOT NULL CONSTRAINT acceptance_notices_number CHECK (number >= 0),
    mail_time       timestamptz,
    CONSTRAINT acceptance_notices_pkey PRIMARY KEY (organization_id, notice_id),
    CONSTRAINT acceptance_notices_once UNIQUE (organization_id, person_id),
    CONSTRAINT acceptance_notices_mailed CHECK ((number = 0) = (mail_time IS NULL))
);

COMMENT ON TABLE acceptance_notices IS 'What somebody has been mailed about people who could not accept: one row for each who is told at an organization';
COMMENT ON COLUMN acceptance_notices.organization_id IS 'The organization: the tenant';
COMMENT ON COLUMN acceptance_notices.notice_id IS 'UUIDv7; stands for who is told in the names of mails, which others may list';
COMMENT ON COLUMN acceptance_notices.person_id IS 'Who is told';
COMMENT ON COLUMN acceptance_notices.number IS 'How many mails were asked for; raised with each under the row lock, the sequence of its events';
COMMENT ON COLUMN acceptance_notices.mail_time IS 'The first moment at which the latest of them may be sent; NULL before the first';

CREATE TABLE unmet_acceptances (
    organization_id uuid        NOT NULL,
    invitation_id   uuid        NOT NULL,
    person_id       uuid        NOT NULL,
    tell_time       timestamptz NOT NULL,
    CONSTRAINT unmet_acceptances_pkey PRIMARY KEY (organization_id, invitation_id)
);
-- Serves "of which is this one told".
CREATE INDEX unmet_acceptances_told ON unmet_acceptances (organization_id, person_id, tell_time);

COMMENT ON TABLE unmet_acceptances IS 'Invitations that somebody wanted to accept when none of their groups was active; of those that are still open the mail tells';
COMMENT ON COLUMN unmet_acceptances.organization_id IS 'The organization: the tenant';
COMMENT ON COLUMN unmet_acceptances.invitation_id IS 'The invitation';
COMMENT ON COLUMN unmet_acceptances.person_id IS 'Who is told';
COMMENT ON COLUMN unmet_acceptances.tell_time IS 'When that was asked for last';
