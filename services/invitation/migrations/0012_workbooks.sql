-- Workbooks: which of their sheets was read, and rows that were passed over because they are hidden.
ALTER TABLE imports
    ADD COLUMN sheet         text   NOT NULL DEFAULT '',
    ADD COLUMN unread_sheets text[] NOT NULL DEFAULT '{}';

COMMENT ON COLUMN imports.sheet IS 'Name of the sheet of a workbook that was read; empty where the file was a text.';
COMMENT ON COLUMN imports.unread_sheets IS 'Names of the sheets beside it that were not read, 50 at most.';
COMMENT ON COLUMN imports.encoding IS 'The encoding of a text by its name in the registry of IANA; empty of a workbook, and before it was noted.';
COMMENT ON COLUMN imports.separator IS 'What stands between the cells of a text; empty of a workbook, and before it was noted.';

-- The new check takes every row that the old one took.
ALTER TABLE import_rows DROP CONSTRAINT import_rows_state_check;
ALTER TABLE import_rows ADD CONSTRAINT import_rows_state_check
    CHECK (state IN ('VALID', 'MERGED', 'INVALID', 'APPLIED', 'REFUSED', 'SKIPPED')) NOT VALID;

COMMENT ON COLUMN import_rows.state IS 'VALID, MERGED, INVALID or SKIPPED (hidden in the workbook); later APPLIED or REFUSED.';
COMMENT ON COLUMN import_rows.line IS 'Line of the file on which the row begins, or its number in the workbook; the header is line 1.';
COMMENT ON COLUMN import_rows.faults IS 'What was wrong with the row when it was read: quotation marks, surplus or too long cells, errors that cells show.';
