-- How a file was understood, and every fault of a row that was seen when it was read: the file itself is not kept.
ALTER TABLE imports
    ADD COLUMN encoding  text NOT NULL DEFAULT '',
    ADD COLUMN separator text NOT NULL DEFAULT '';

COMMENT ON COLUMN imports.encoding IS 'The encoding of the file by its name in the registry of IANA; empty before it was noted.';
COMMENT ON COLUMN imports.separator IS 'What stands between the cells of the file; empty before it was noted.';

ALTER TABLE import_rows ADD COLUMN faults jsonb NOT NULL DEFAULT '[]';
UPDATE import_rows SET faults = '[{"fault": "SURPLUS_CELLS"}]' WHERE surplus_cells;
ALTER TABLE import_rows DROP COLUMN surplus_cells;

COMMENT ON COLUMN import_rows.faults IS 'What was wrong with the row when it was read: quotation marks, surplus or too long cells.';
