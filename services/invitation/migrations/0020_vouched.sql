-- When somebody who invites last said that the organization wants the person. Employment compares it with when the organization
-- said otherwise: whoever was let go since is not verified by an older invitation.
ALTER TABLE invitations ADD COLUMN vouch_time timestamptz;

COMMENT ON COLUMN invitations.vouch_time IS 'When the address was last invited by hand or by a spreadsheet, into this invitation; NULL: when it was made';
