-- What holds for a whole group is told once of a file and not in each of its rows.
ALTER TABLE imports ADD COLUMN group_warnings jsonb NOT NULL DEFAULT '[]';

COMMENT ON COLUMN imports.group_warnings IS 'Groups that require no trainings yet, as the preview found them: group, display_name, rows, first_line';
