-- no-transaction
DROP INDEX CONCURRENTLY IF EXISTS import_rows_to_apply;
