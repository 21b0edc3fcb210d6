-- Twice: a process of the version before takes events of employments without keeping them in the list, and may do so for as long as the
-- rollout lasts.
ALTER TABLE employment_adoption ADD COLUMN passes integer NOT NULL DEFAULT 0;
UPDATE employment_adoption SET employment = '', passes = 1 WHERE finish_time IS NOT NULL;

COMMENT ON COLUMN employment_adoption.passes IS 'How often all were taken in: twice, the second time an hour after the first.';
COMMENT ON COLUMN employment_adoption.finish_time IS 'When all had been taken in, the last time; NULL before.';

-- Until 0028 the address of an invitation that waits was noted also of somebody who had joined by another one.
UPDATE learners l SET address_given = i.address_given FROM invitations i
WHERE i.organization_id = l.organization_id AND i.invitation_id = l.accepted_invitation_id AND l.address_given <> i.address_given;
