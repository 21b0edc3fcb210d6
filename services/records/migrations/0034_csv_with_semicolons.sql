-- A file for Excel is one for people who write a point before decimals, or one for those who write a comma.
ALTER TABLE record_accesses
    DROP CONSTRAINT record_accesses_export_format,
    ADD CONSTRAINT record_accesses_export_format
        CHECK (export_format IN ('CSV', 'CSV_EXCEL', 'CSV_EXCEL_SEMICOLON', 'XLSX', 'PDF', 'JSON'));
