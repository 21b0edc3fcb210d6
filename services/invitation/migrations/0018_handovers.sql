-- From when on a mail may be on its way, whatever becomes of the invitation: who takes it back then is told so.
ALTER TABLE invitations ADD COLUMN handover_time timestamptz;

COMMENT ON COLUMN invitations.handover_time IS 'When the mail worker was last told that the mail is wanted, and by which address and link it goes; null until then, and again once it has reported what became of it.';
