-- The number of each row as spreadsheet programs show it, beside its line: what stands between quotation marks may have several lines. The version
-- before writes none; of its rows the line is told.
ALTER TABLE import_rows ADD COLUMN row_number integer;

COMMENT ON COLUMN import_rows.row_number IS 'Its number as spreadsheet programs show it, from 1: empty and hidden rows and the header count. Null where the version before wrote the row.';
COMMENT ON COLUMN import_rows.line IS 'Line of the text on which the row begins, or its number in the workbook; the header is line 1.';
COMMENT ON COLUMN import_rows.problems IS 'Every problem: severity, column, description, suggestion, and the place (line and row) of the earlier row that it speaks of.';
COMMENT ON COLUMN imports.group_warnings IS 'Groups that require no trainings yet, as the preview found them: group, display_name, rows, first_line, first_row; those first that most rows name.';
