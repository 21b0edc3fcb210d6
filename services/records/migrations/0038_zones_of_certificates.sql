-- The days on a certificate are those of where it was issued, and stay as they were printed. Nothing is rewritten: the table is locked
-- for a moment. A version before this one leaves the column NULL, which is UTC, as it prints.
ALTER TABLE certificates ADD COLUMN time_zone text;

COMMENT ON COLUMN certificates.time_zone IS 'By which time zone its days are printed, such as America/Detroit: that of the organization when it was named. Set once, with organization_display_name; NULL: UTC, as of what the person took by themself and of what was named before zones were known';
