-- An assignment is made in one employment. When that is over, what was not begun is cancelled, and what was begun goes on as the
-- person's own; when the end is taken back, both come back.
ALTER TABLE assignments
    ALTER COLUMN organization_id DROP NOT NULL,
    ADD COLUMN employment_id uuid,
    ADD COLUMN archive_time  timestamptz,
    ADD CONSTRAINT assignments_archived CHECK (state <> 'ASSIGNED' OR archive_time IS NULL);
ALTER TABLE certificates ALTER COLUMN organization_id DROP NOT NULL;

COMMENT ON COLUMN assignments.organization_id IS 'The organization whose it is; NULL: the person''s own';
COMMENT ON COLUMN assignments.employment_id IS 'The employment in which the organization made it; NULL of what was over before that was kept';
COMMENT ON COLUMN assignments.archive_time IS 'When that employment was over, by which this was cancelled or became the person''s own; NULL otherwise';
COMMENT ON COLUMN certificates.organization_id IS 'The organization whose the assignment was when it was completed; NULL: the person''s own';

-- What ended before this was kept: as if it were heard of now.
UPDATE assignments a SET employment_id = p.employment_id
FROM employment_projection p
WHERE p.organization_id = a.organization_id AND p.person_id = a.person_id AND a.state IN ('ASSIGNED', 'IN_PROGRESS');

UPDATE assignments a
SET state = CASE WHEN a.state = 'ASSIGNED' THEN 'CANCELLED' ELSE a.state END,
    organization_id = CASE WHEN a.state = 'ASSIGNED' THEN a.organization_id END,
    archive_time = now(), version = a.version + 1
FROM employment_projection p
WHERE p.organization_id = a.organization_id AND p.person_id = a.person_id AND a.state IN ('ASSIGNED', 'IN_PROGRESS')
  AND p.state IN ('REJECTED', 'WITHDRAWN', 'ENDED');
