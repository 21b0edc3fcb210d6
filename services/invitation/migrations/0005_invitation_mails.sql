-- Each mail of an invitation has a number with its link, and few are sent in a day.
ALTER TABLE invitations
    ADD COLUMN mail_number integer NOT NULL DEFAULT 1 CHECK (mail_number > 0),
    ADD COLUMN mail_times timestamptz[] NOT NULL DEFAULT '{}';

COMMENT ON COLUMN invitations.mail_number IS 'Which mail with the current link the latest one is: 1 for the first.';
COMMENT ON COLUMN invitations.mail_times IS 'When its mails were due, those of the last 24 hours before the latest.';
