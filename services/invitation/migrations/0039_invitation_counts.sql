-- How many invitations of an organization are in each state, without a look at each. Whoever writes invitations inserts what that adds and
-- takes away, and waits for nobody's row; a job folds what was inserted into the counts. What is told is both together, of one moment.
-- Creating the triggers waits for the transactions that write invitations, and keeps others from beginning until it is done: no row is
-- looked at, whatever there is.
CREATE TABLE invitation_counts (
    organization_id  uuid   NOT NULL,
    state            text   NOT NULL,
    invitation_count bigint NOT NULL,
    CONSTRAINT invitation_counts_pkey PRIMARY KEY (organization_id, state)
);

COMMENT ON TABLE invitation_counts IS 'How many invitations of an organization show a state at the count_time of counted_organizations, without what invitation_count_changes holds';
COMMENT ON COLUMN invitation_counts.organization_id IS 'The organization: the tenant';
COMMENT ON COLUMN invitation_counts.state IS 'The state that is shown: of what can be accepted and has run out by then EXPIRED';
COMMENT ON COLUMN invitation_counts.invitation_count IS 'How many. What takes one away may be folded in before what has added it: alone it may be below 0';

CREATE TABLE counted_organizations (
    organization_id  uuid        NOT NULL,
    count_time       timestamptz NOT NULL,
    next_expire_time timestamptz,
    CONSTRAINT counted_organizations_pkey PRIMARY KEY (organization_id)
);
-- Serves the job: where something has run out since.
CREATE INDEX counted_organizations_expiring ON counted_organizations (next_expire_time) WHERE next_expire_time IS NOT NULL;

COMMENT ON TABLE counted_organizations IS 'As of when the invitations of an organization are counted by what they show. Whoever folds changes into the counts of one locks its row';
COMMENT ON COLUMN counted_organizations.organization_id IS 'The organization: the tenant';
COMMENT ON COLUMN counted_organizations.count_time IS 'What has run out until then is counted as EXPIRED; what runs out between then and the moment that is asked about is looked up';
COMMENT ON COLUMN counted_organizations.next_expire_time IS 'When the next of those that are counted runs out; NULL: none does';

CREATE TABLE invitation_count_changes (
    organization_id uuid   NOT NULL,
    change_id       bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    state           text   NOT NULL,
    expire_time     timestamptz,
    change          bigint NOT NULL,
    CONSTRAINT invitation_count_changes_pkey PRIMARY KEY (organization_id, change_id)
);

COMMENT ON TABLE invitation_count_changes IS 'What statements have added to the counts by state and taken away from them, until a job folds it in';
COMMENT ON COLUMN invitation_count_changes.organization_id IS 'The organization: the tenant';
COMMENT ON COLUMN invitation_count_changes.change_id IS 'Which change; in no order that means anything';
COMMENT ON COLUMN invitation_count_changes.state IS 'The state, as it is stored';
COMMENT ON COLUMN invitation_count_changes.expire_time IS 'When these run out; NULL of a state that does not';
COMMENT ON COLUMN invitation_count_changes.change IS 'How many there are more; below 0: fewer';

-- Triggers count, so that no statement can forget it, nor one of the version before. Of many rows that one statement makes there is one
-- change a state and time: a spreadsheet's have the same.
CREATE FUNCTION count_made_invitations() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    INSERT INTO invitation_count_changes (organization_id, state, expire_time, change)
    SELECT organization_id, state, CASE WHEN state IN ('PROSPECT', 'PENDING') THEN expire_time END, count(*)
    FROM made GROUP BY 1, 2, 3;
    RETURN NULL;
END
$$;

CREATE FUNCTION count_deleted_invitations() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    INSERT INTO invitation_count_changes (organization_id, state, expire_time, change)
    SELECT organization_id, state, CASE WHEN state IN ('PROSPECT', 'PENDING') THEN expire_time END, -count(*)
    FROM deleted GROUP BY 1, 2, 3;
    RETURN NULL;
END
$$;

CREATE FUNCTION count_changed_invitation() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    INSERT INTO invitation_count_changes (organization_id, state, expire_time, change)
    VALUES (OLD.organization_id, OLD.state, CASE WHEN OLD.state IN ('PROSPECT', 'PENDING') THEN OLD.expire_time END, -1),
           (NEW.organization_id, NEW.state, CASE WHEN NEW.state IN ('PROSPECT', 'PENDING') THEN NEW.expire_time END, 1);
    RETURN NULL;
END
$$;

CREATE TRIGGER invitations_count_made AFTER INSERT ON invitations
    REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION count_made_invitations();

CREATE TRIGGER invitations_count_deleted AFTER DELETE ON invitations
    REFERENCING OLD TABLE AS deleted
    FOR EACH STATEMENT EXECUTE FUNCTION count_deleted_invitations();

-- For each row: only so it can say when it has nothing to do. Most updates say what became of a mail, and cost a comparison.
CREATE TRIGGER invitations_count_changed AFTER UPDATE ON invitations
    FOR EACH ROW WHEN (
        NEW.state IS DISTINCT FROM OLD.state
        OR (NEW.expire_time IS DISTINCT FROM OLD.expire_time AND NEW.state IN ('PROSPECT', 'PENDING')))
    EXECUTE FUNCTION count_changed_invitation();
