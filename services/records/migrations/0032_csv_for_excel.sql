-- A file of comma-separated values is one for programs, or one for Excel.
ALTER TABLE record_accesses
    DROP CONSTRAINT record_accesses_export_format,
    ADD CONSTRAINT record_accesses_export_format
        CHECK (export_format IN ('CSV', 'CSV_EXCEL', 'XLSX', 'PDF', 'JSON'));
