-- Serves the count of mails to one mailbox: of every spelling of it, whichever invitations they are about. Written out as the
-- statement is, which finds it by its expression; so it counts what an earlier release writes, too.
CREATE INDEX invitations_of_mailbox ON invitations (
    (replace(split_part(split_part(address_canonical, '@', 1), '+', 1), '.', '') || '@' || split_part(address_canonical, '@', 2)),
    organization_id,
    send_time
);

COMMENT ON COLUMN invitations.mail_times IS 'When its mails were due, those of the last 24 hours before the latest, and not those that were taken back before their time.';
