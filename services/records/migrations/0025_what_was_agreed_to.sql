-- What was agreed to, and who read as what.
ALTER TABLE grants ADD COLUMN wording text NOT NULL DEFAULT '';
COMMENT ON COLUMN grants.wording IS 'Which words the person agreed to, as the program that showed them calls them; empty when it did not say';

ALTER TABLE record_accesses
    ADD COLUMN kind        text CONSTRAINT record_accesses_kind CHECK (kind IN ('RECORD', 'REPORT')),
    ADD COLUMN reader_role text CONSTRAINT record_accesses_reader_role CHECK (reader_role IN ('VIEWER', 'ADMIN', 'OWNER'));
COMMENT ON COLUMN record_accesses.kind IS 'What was read: the whole record of the person, or their line of the staff report; NULL of what was read before that was kept';
COMMENT ON COLUMN record_accesses.reader_role IS 'The role of the reader at the time; NULL of what was read before that was kept';
