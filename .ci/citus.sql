-- The functions of Citus that deploy/citus calls, as stand-ins on a plain PostgreSQL: they move no row, and hold to the rules that Citus
-- documents for what it distributes. They are no proof that Citus takes it.
CREATE TABLE citus_tables (
    name  regclass PRIMARY KEY,
    kind  text NOT NULL CHECK (kind IN ('distributed', 'reference', 'local')),
    field name,
    place regclass
);

CREATE FUNCTION create_distributed_table(given text, field text, colocate_with text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql AS
$$
DECLARE
    broken text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = given::regclass AND attname = field AND attnotnull) THEN
        RAISE '% has no column % that is never null', given, field;
    END IF;
    SELECT string_agg(i.indexrelid::regclass::text, ', ') INTO broken
    FROM pg_index i
    WHERE i.indrelid = given::regclass AND (i.indisunique OR i.indisexclusion)
      AND NOT EXISTS (SELECT FROM pg_attribute a
                      WHERE a.attrelid = i.indrelid AND a.attname = field AND a.attnum = ANY (i.indkey[0:i.indnkeyatts - 1]));
    IF broken IS NOT NULL THEN
        RAISE 'what is unique in % over all shards has to hold %: %', given, field, broken;
    END IF;
    INSERT INTO citus_tables
    SELECT given, 'distributed', field, coalesce((SELECT place FROM citus_tables t WHERE t.name = colocate_with::regclass), given::regclass);
    IF colocate_with IS NOT NULL
       AND NOT EXISTS (SELECT FROM citus_tables t WHERE t.name = colocate_with::regclass AND t.kind = 'distributed') THEN
        RAISE '% cannot be where % is: that is not distributed', given, colocate_with;
    END IF;
END
$$;

CREATE FUNCTION create_reference_table(given text) RETURNS void
    LANGUAGE sql AS $$ INSERT INTO citus_tables VALUES (given::regclass, 'reference') $$;

CREATE FUNCTION citus_add_local_table_to_metadata(given text) RETURNS void
    LANGUAGE sql AS $$ INSERT INTO citus_tables VALUES (given::regclass, 'local') $$;

-- What is wrong when everything was said, a line each.
CREATE VIEW citus_problems AS
SELECT format('nobody says where %s is', c.oid::regclass) AS problem
FROM pg_class c
WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'citus_tables'
  -- What migrations note down stays where they run.
  AND c.relname NOT LIKE '\_%\_migrations'
  AND NOT EXISTS (SELECT FROM citus_tables t WHERE t.name = c.oid)
UNION ALL
SELECT format('%s of %s leads from a %s table to a %s one, %s', k.conname, k.conrelid::regclass, f.kind, t.kind, k.confrelid::regclass)
FROM pg_constraint k
JOIN citus_tables f ON f.name = k.conrelid
JOIN citus_tables t ON t.name = k.confrelid
WHERE k.contype = 'f' AND k.conparentid = 0
  AND NOT (t.kind = 'reference' OR (f.kind <> 'distributed' AND t.kind = 'local')
           -- Both in one place, and the distribution columns refer to each other.
           OR (f.kind = 'distributed' AND t.kind = 'distributed' AND f.place = t.place
               AND EXISTS (SELECT FROM unnest(k.conkey, k.confkey) AS pair (own, other)
                           JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.own AND a.attname = f.field
                           JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = pair.other AND b.attname = t.field)));

-- Triggers of tables that Citus spreads: it fires none unless citus.enable_unsafe_triggers is set, and what they do may be elsewhere.
CREATE VIEW citus_triggers AS
SELECT format('%s %s', r.tgrelid::regclass, r.tgname) AS line
FROM pg_trigger r
JOIN citus_tables t ON t.name = r.tgrelid
WHERE NOT r.tgisinternal AND t.kind <> 'local';
