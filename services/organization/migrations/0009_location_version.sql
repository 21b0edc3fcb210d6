-- Locations can be changed: each has a version.
ALTER TABLE locations ADD COLUMN version bigint NOT NULL DEFAULT 1;

COMMENT ON COLUMN locations.version IS 'Raised with every change, under the row lock; its etag';
