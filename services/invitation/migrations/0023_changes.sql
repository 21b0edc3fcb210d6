-- Which transaction has changed an invitation last: whoever watches invitations asks for what was changed since. No row is written for
-- it, and nothing is to be swept away: an invitation has one last change.
ALTER TABLE invitations ADD COLUMN change_number bigint;
ALTER TABLE invitations ALTER COLUMN change_number SET DEFAULT pg_current_xact_id()::text::bigint;

COMMENT ON COLUMN invitations.change_number IS 'The transaction that changed it last, as it is numbered by the database; NULL of what has not changed since that was kept. Set by default and trigger';

-- Serves whoever watches: what was changed since a transaction, in its order.
CREATE INDEX invitations_changed ON invitations (organization_id, change_number, invitation_id)
    WHERE change_number IS NOT NULL;

-- Also where the version before writes.
CREATE FUNCTION number_change() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    NEW.change_number := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END
$$;

CREATE TRIGGER invitations_number_change BEFORE UPDATE ON invitations
    FOR EACH ROW WHEN (NEW.version IS DISTINCT FROM OLD.version) EXECUTE FUNCTION number_change();
