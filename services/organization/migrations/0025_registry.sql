-- What may be found: programmes and approved profiles, by the words of their names and cities, also when these are typed
-- wrongly, and by the license number.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- The words of a text, without case and whatever stands between them. What is looked for is taken apart by it, too.
CREATE FUNCTION registry_words(given text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN array_remove(regexp_split_to_array(lower(given), '[^[:alnum:]]+'), '');

ALTER TABLE programmes
    ADD COLUMN words tsvector NOT NULL
        GENERATED ALWAYS AS (array_to_tsvector(registry_words(display_name || ' ' || city))) STORED;
COMMENT ON COLUMN programmes.words IS 'The words by which it is found';

ALTER TABLE organizations
    ADD COLUMN words tsvector NOT NULL GENERATED ALWAYS AS (array_to_tsvector(registry_words(display_name))) STORED;
COMMENT ON COLUMN organizations.words IS 'The words by which it is found';

-- Written at once, not gathered: who searches while a load runs would have to read what was gathered.
CREATE INDEX programmes_words ON programmes USING gin (words) WITH (fastupdate = off);
CREATE INDEX programmes_number ON programmes (license_number_normalized text_pattern_ops);
CREATE INDEX programmes_number_end ON programmes (reverse(license_number_normalized) text_pattern_ops);

CREATE INDEX organizations_words ON organizations USING gin (words) WITH (fastupdate = off)
    WHERE approve_time IS NOT NULL AND state <> 'CLOSED';
CREATE INDEX organizations_license_number ON organizations (license_number_normalized text_pattern_ops)
    WHERE approve_time IS NOT NULL AND state <> 'CLOSED';
CREATE INDEX organizations_license_number_end ON organizations (reverse(license_number_normalized) text_pattern_ops)
    WHERE approve_time IS NOT NULL AND state <> 'CLOSED';

CREATE TABLE registry_vocabulary (
    word text NOT NULL,
    CONSTRAINT registry_vocabulary_pkey PRIMARY KEY (word)
);
CREATE INDEX registry_vocabulary_word ON registry_vocabulary USING gin (word gin_trgm_ops) WITH (fastupdate = off);
COMMENT ON TABLE registry_vocabulary IS 'Every word of what may be found, once: the one that was meant is looked for here, among thousands and not among all names. Of no organization; a word stays when its last name goes';
COMMENT ON COLUMN registry_vocabulary.word IS 'The word, in lower case';

INSERT INTO registry_vocabulary (word)
SELECT DISTINCT unnest(tsvector_to_array(words)) FROM organizations
WHERE approve_time IS NOT NULL AND state <> 'CLOSED';

-- A profile that somebody made by claiming a programme: one at a time, until it is rejected or closed. Decides the race of
-- two that claim at once.
ALTER TABLE organizations ADD COLUMN programme_id uuid REFERENCES programmes;
COMMENT ON COLUMN organizations.programme_id IS 'The programme that was claimed, which says name and license; null for a profile that was written by hand';
CREATE UNIQUE INDEX organizations_programme ON organizations (programme_id)
    WHERE programme_id IS NOT NULL AND state NOT IN ('REJECTED', 'CLOSED');
