-- Up to which line the rows of an import are done: they are done in the order of the file. So no index has to hold which of them are to be
-- done, and what became of a row is written into the page that it stands in, without touching an index.
ALTER TABLE imports ADD COLUMN done_line integer NOT NULL DEFAULT 0;

COMMENT ON COLUMN imports.done_line IS 'No row up to this line is VALID any more; 0 before the first is done. The version before does not raise it: then rows are looked at that are done.';

-- Each row is written twice. Of those that are there already pages are full.
ALTER TABLE import_rows SET (fillfactor = 50);
