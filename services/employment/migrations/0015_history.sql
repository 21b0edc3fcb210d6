-- Who changed which employment and when, in a chain that shows tampering. The tables write it down themselves: no verb can forget
-- it, and whoever changes a row beside the service stands there, too.
CREATE TABLE history_entries (
    organization_id  uuid        NOT NULL,
    history_entry_id uuid        NOT NULL DEFAULT gen_random_uuid(),
    number           bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    change_time      timestamptz NOT NULL,
    actor            text        NOT NULL,
    subject          text        NOT NULL,
    act              text        NOT NULL,
    changes          text        NOT NULL,
    reason           text        NOT NULL,
    position         bigint,
    digest           text,
    CONSTRAINT history_entries_pkey PRIMARY KEY (organization_id, history_entry_id),
    CONSTRAINT history_entries_act CHECK (act IN ('RECORDED', 'CREATED', 'CHANGED', 'REMOVED')),
    CONSTRAINT history_entries_position CHECK (position > 0),
    CONSTRAINT history_entries_sealed CHECK ((position IS NULL) = (digest IS NULL))
) WITH (fillfactor = 80);

COMMENT ON TABLE history_entries IS 'What was changed. Rows are only ever added, and sealed once: position and digest are set by a job soon after the commit. No foreign key: the history outlives what it tells of';
COMMENT ON COLUMN history_entries.organization_id IS 'The organization; the tenant key';
COMMENT ON COLUMN history_entries.history_entry_id IS 'UUID of the entry';
COMMENT ON COLUMN history_entries.number IS 'In the order of writing: newest first is the order of this number';
COMMENT ON COLUMN history_entries.change_time IS 'When the transaction of the change began, by the clock of the database';
COMMENT ON COLUMN history_entries.actor IS 'Who changed it: person:<uuid>, workload:<name>, service:<name>, or database:<user> of whoever wrote beside the services';
COMMENT ON COLUMN history_entries.subject IS 'The resource name of what was changed';
COMMENT ON COLUMN history_entries.act IS 'What was done to it; RECORDED: it was there when the history began';
COMMENT ON COLUMN history_entries.changes IS 'A JSON object on one line: for each field that is different [before, after], texts or null. Text and not jsonb, because the digest is of these bytes';
COMMENT ON COLUMN history_entries.reason IS 'What registry staff stated; empty for everybody else';
COMMENT ON COLUMN history_entries.position IS 'Its place in the chain of the organization, from 1 without gaps; null until it is sealed';
COMMENT ON COLUMN history_entries.digest IS 'SHA-256, in hexadecimal digits, of the entry and the digest before it; null until it is sealed';

-- Serves whoever reads it, newest first.
CREATE UNIQUE INDEX history_entries_number ON history_entries (organization_id, number);
-- Serves the history of one thing, and of what is in it.
CREATE INDEX history_entries_subject ON history_entries (organization_id, subject COLLATE "C", number);
-- The chain, and what follows in it.
CREATE UNIQUE INDEX history_entries_chain ON history_entries (organization_id, position) WHERE position IS NOT NULL;
-- Serves the job: what is to be sealed.
CREATE INDEX history_entries_unsealed ON history_entries (organization_id, number) WHERE position IS NULL;

CREATE TABLE history_heads (
    organization_id uuid   NOT NULL,
    position        bigint NOT NULL,
    digest          text   NOT NULL,
    CONSTRAINT history_heads_pkey PRIMARY KEY (organization_id)
);

COMMENT ON TABLE history_heads IS 'Where the chain of each organization ends. Locked by whoever makes it longer, so that it never forks';
COMMENT ON COLUMN history_heads.organization_id IS 'The organization; the tenant key';
COMMENT ON COLUMN history_heads.position IS 'The position of its last entry; 0 before the first';
COMMENT ON COLUMN history_heads.digest IS 'The digest of that entry; 64 zeros before the first';

-- What is changed in a row is written down with it. The first argument says what it is called behind the organization, with
-- columns in braces; then the fields that are told, each called like its column or `field=column`. What people say of
-- themselves to few (names, addresses, messages) is no field: what cannot be taken back must not hold it. A row without an
-- organization is in nobody's history: one that loses it is removed from there.
CREATE FUNCTION keep_history() RETURNS trigger
    LANGUAGE plpgsql
    SET timezone = 'utc' AS
$$
DECLARE
    was     jsonb := CASE WHEN lower(TG_OP) <> 'insert' AND OLD.organization_id IS NOT NULL THEN to_jsonb(OLD) END;
    is_now  jsonb := CASE WHEN lower(TG_OP) <> 'delete' AND NEW.organization_id IS NOT NULL THEN to_jsonb(NEW) END;
    any_row jsonb := coalesce(is_now, was);
    subject text  := 'organizations/' || (any_row ->> 'organization_id') || TG_ARGV[0];
    changes jsonb := '{}';
    stated  text  := coalesce(current_setting('muster.reason', TRUE), '');
    kept    text[];
    name    text;
BEGIN
    IF any_row IS NULL THEN
        RETURN NULL;
    END IF;
    FOR name IN SELECT part[1] FROM regexp_matches(TG_ARGV[0], '\{([a-z_]+)\}', 'g') AS part LOOP
        subject := replace(subject, '{' || name || '}', any_row ->> name);
    END LOOP;
    FOR place IN 1 .. TG_NARGS - 1 LOOP
        kept := string_to_array(TG_ARGV[place], '=');
        name := kept[cardinality(kept)];
        IF was ->> name IS DISTINCT FROM is_now ->> name THEN
            changes := changes || jsonb_build_object(kept[1], jsonb_build_array(was ->> name, is_now ->> name));
        END IF;
    END LOOP;
    IF was IS NOT NULL AND is_now IS NOT NULL AND changes = '{}' THEN
        RETURN NULL;
    END IF;
    -- What was stated of another organization in this transaction is none of this one's.
    IF NOT starts_with(stated, (any_row ->> 'organization_id') || ' ') THEN
        stated := '';
    END IF;
    INSERT INTO history_entries (organization_id, change_time, actor, subject, act, changes, reason)
    VALUES ((any_row ->> 'organization_id')::uuid, transaction_timestamp(),
            coalesce(nullif(current_setting('muster.actor', TRUE), ''), 'database:' || session_user), subject,
            CASE WHEN was IS NULL THEN 'CREATED' WHEN is_now IS NULL THEN 'REMOVED' ELSE 'CHANGED' END,
            changes, substr(stated, 38));
    RETURN NULL;
END
$$;

CREATE TRIGGER employments_history AFTER INSERT OR UPDATE OR DELETE ON employments
    FOR EACH ROW EXECUTE FUNCTION keep_history('/employments/{employment_id}', 'person=person_id', 'state',
        'location=location_id', 'source_invitation=source_invitation_id', 'start_date', 'verify_time', 'last_day', 'ended_by',
        'end_time');
CREATE TRIGGER employment_groups_history AFTER INSERT OR DELETE ON employment_groups
    FOR EACH ROW EXECUTE FUNCTION keep_history('/employments/{employment_id}/groups/{group_id}');
CREATE TRIGGER employment_positions_history AFTER INSERT OR UPDATE OR DELETE ON employment_positions
    FOR EACH ROW EXECUTE FUNCTION keep_history('/employments/{employment_id}/positions/{place}', 'code', 'title',
        'start_date', 'end_date');
CREATE TRIGGER employment_rejections_history AFTER INSERT OR UPDATE OR DELETE ON employment_rejections
    FOR EACH ROW EXECUTE FUNCTION keep_history('/employments/{employment_id}/rejections/{version}', 'reason');

-- Employments of before: their histories begin with what they are now.
INSERT INTO history_entries (organization_id, change_time, actor, subject, act, changes, reason)
SELECT organization_id, transaction_timestamp(), 'service:employment',
       'organizations/' || organization_id || '/employments/' || employment_id, 'RECORDED',
       jsonb_build_object('person', jsonb_build_array(NULL, person_id), 'state', jsonb_build_array(NULL, state),
           'location', jsonb_build_array(NULL, location_id)), ''
FROM employments;
