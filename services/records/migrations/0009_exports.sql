-- What was read into a file.
ALTER TABLE record_accesses
    ADD COLUMN export_format text CONSTRAINT record_accesses_export_format
        CHECK (export_format IN ('CSV', 'XLSX', 'PDF', 'JSON'));

COMMENT ON COLUMN record_accesses.export_format IS 'The kind of the file that it was written into; NULL when it was read and not written into one';
