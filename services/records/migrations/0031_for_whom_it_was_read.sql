-- Whoever sees that their record was read sees for whom, by the name that the organization had then.
ALTER TABLE record_accesses ADD COLUMN organization_display_name text NOT NULL DEFAULT '';

COMMENT ON COLUMN record_accesses.organization_display_name IS 'What people called the organization at the time; empty of what was read before that was kept';
