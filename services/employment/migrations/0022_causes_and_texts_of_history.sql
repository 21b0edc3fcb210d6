-- An entry of the history says for which role who acted was let in, and what led to it; and what people wrote stands beside the
-- chain, which has only digests of it: it can be taken out, and the chain is what it was.
ALTER TABLE history_entries
    ADD COLUMN actor_role text     NOT NULL DEFAULT '',
    ADD COLUMN cause      text     NOT NULL DEFAULT '',
    ADD COLUMN texts      jsonb,
    ADD COLUMN format     smallint NOT NULL DEFAULT 1;

COMMENT ON COLUMN history_entries.actor_role IS 'The role for which the person was let in to change it, as one word; empty where none was asked for, and of what was written before there was this column';
COMMENT ON COLUMN history_entries.cause IS 'What led to it: the path of an RPC, job <name>, or event <type> <id> <resource name of what it tells of> <actor>; empty where somebody wrote beside the services, and of what was written before there was this column';
COMMENT ON COLUMN history_entries.texts IS 'Texts that people wrote, beside the chain, so that they can be taken out: for each digest that stands in changes or reason an array of a salt and the text';
COMMENT ON COLUMN history_entries.format IS 'The form of the bytes of which the digest was made when it was sealed: 1, or 2 with role and cause';
COMMENT ON COLUMN history_entries.changes IS 'A JSON object on one line: for each field that is different [before, after], texts or null; for what people wrote a digest. Text and not jsonb, because the digest is of these bytes';
COMMENT ON COLUMN history_entries.reason IS 'The digest of what registry staff stated, before there were digests the text itself; empty for everybody else';

-- What stands in the chain for a text: salted, so that nobody finds a short one by trying.
CREATE FUNCTION text_digest(salt text, said text) RETURNS text
    LANGUAGE sql STABLE AS
$$
    SELECT 'text:' || encode(sha256(convert_to(salt || said, 'UTF8')), 'hex')
$$;

-- As before, and: a field that is called with a tilde, `~field`, is one that people write. In the chain stands a digest of it, and the
-- text beside, as with the reason. Which role who acts was let in for, and what led to it, are settings of the transaction.
CREATE OR REPLACE FUNCTION keep_history() RETURNS trigger
    LANGUAGE plpgsql
    SET timezone = 'utc' AS
$$
DECLARE
    was     jsonb := CASE WHEN lower(TG_OP) <> 'insert' AND OLD.organization_id IS NOT NULL THEN to_jsonb(OLD) END;
    is_now  jsonb := CASE WHEN lower(TG_OP) <> 'delete' AND NEW.organization_id IS NOT NULL THEN to_jsonb(NEW) END;
    any_row jsonb := coalesce(is_now, was);
    subject text  := 'organizations/' || (any_row ->> 'organization_id') || TG_ARGV[0];
    changes jsonb := '{}';
    texts   jsonb := '{}';
    stated  text  := coalesce(current_setting('muster.reason', TRUE), '');
    kept    text[];
    name    text;
    pair    jsonb;
    salt    text;
    digest  text;
BEGIN
    IF any_row IS NULL THEN
        RETURN NULL;
    END IF;
    FOR name IN SELECT part[1] FROM regexp_matches(TG_ARGV[0], '\{([a-z_]+)\}', 'g') AS part LOOP
        subject := replace(subject, '{' || name || '}', any_row ->> name);
    END LOOP;
    FOR place IN 1 .. TG_NARGS - 1 LOOP
        kept := string_to_array(ltrim(TG_ARGV[place], '~'), '=');
        name := kept[cardinality(kept)];
        IF was ->> name IS DISTINCT FROM is_now ->> name THEN
            pair := jsonb_build_array(was ->> name, is_now ->> name);
            IF starts_with(TG_ARGV[place], '~') THEN
                FOR side IN 0 .. 1 LOOP
                    IF pair ->> side <> '' THEN
                        salt := gen_random_uuid();
                        digest := text_digest(salt, pair ->> side);
                        texts := texts || jsonb_build_object(digest, jsonb_build_array(salt, pair ->> side));
                        pair := jsonb_set(pair, ARRAY[side::text], to_jsonb(digest));
                    END IF;
                END LOOP;
            END IF;
            changes := changes || jsonb_build_object(kept[1], pair);
        END IF;
    END LOOP;
    IF was IS NOT NULL AND is_now IS NOT NULL AND changes = '{}' THEN
        RETURN NULL;
    END IF;
    -- What was stated of another organization in this transaction is none of this one's.
    stated := CASE WHEN starts_with(stated, (any_row ->> 'organization_id') || ' ') THEN substr(stated, 38) ELSE '' END;
    IF stated <> '' THEN
        salt := gen_random_uuid();
        digest := text_digest(salt, stated);
        texts := texts || jsonb_build_object(digest, jsonb_build_array(salt, stated));
        stated := digest;
    END IF;
    INSERT INTO history_entries (organization_id, change_time, actor, actor_role, cause, subject, act, changes, reason, texts)
    VALUES ((any_row ->> 'organization_id')::uuid, transaction_timestamp(),
            coalesce(nullif(current_setting('muster.actor', TRUE), ''), 'database:' || session_user),
            coalesce(current_setting('muster.role', TRUE), ''), coalesce(current_setting('muster.cause', TRUE), ''), subject,
            CASE WHEN was IS NULL THEN 'CREATED' WHEN is_now IS NULL THEN 'REMOVED' ELSE 'CHANGED' END,
            changes, stated, nullif(texts, '{}'));
    RETURN NULL;
END
$$;

DROP TRIGGER employment_positions_history ON employment_positions;
CREATE TRIGGER employment_positions_history AFTER INSERT OR UPDATE OR DELETE ON employment_positions
    FOR EACH ROW EXECUTE FUNCTION keep_history('/employments/{employment_id}/positions/{place}', 'code', '~title',
        'start_date', 'end_date');
