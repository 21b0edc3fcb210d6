-- What administrators have been mailed about people who wait to be verified.
CREATE TABLE verification_notices (
    organization_id uuid    NOT NULL,
    notice_id       uuid    NOT NULL,
    person_id       uuid    NOT NULL,
    number          integer NOT NULL CONSTRAINT verification_notices_number CHECK (number >= 0),
    mail_time       timestamptz,
    CONSTRAINT verification_notices_pkey PRIMARY KEY (organization_id, notice_id),
    CONSTRAINT verification_notices_once UNIQUE (organization_id, person_id),
    CONSTRAINT verification_notices_mailed CHECK ((number = 0) = (mail_time IS NULL))
);
-- Serves "does anybody wait": no more rows than people who do.
CREATE INDEX employments_pending ON employments (organization_id, person_id) WHERE state = 'PENDING_VERIFICATION';

COMMENT ON TABLE verification_notices IS 'What an administrator has been mailed about people who wait to be verified: one row for each administrator of an organization';
COMMENT ON COLUMN verification_notices.organization_id IS 'The organization: the tenant';
COMMENT ON COLUMN verification_notices.notice_id IS 'UUIDv7; stands for the administrator in the names of mails, which others may list';
COMMENT ON COLUMN verification_notices.person_id IS 'The administrator';
COMMENT ON COLUMN verification_notices.number IS 'How many mails were asked for; raised with each under the row lock, the sequence of its events';
COMMENT ON COLUMN verification_notices.mail_time IS 'The first moment at which the latest of them may be sent; NULL before the first';
