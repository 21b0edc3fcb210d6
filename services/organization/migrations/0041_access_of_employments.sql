-- Access that comes from an employment comes from that one: the next employment begins without it, also when what ended the former
-- one is heard of late, or after it.
ALTER TABLE profile_users ADD COLUMN employment_id uuid;

COMMENT ON COLUMN profile_users.employment_id IS 'The employment that the access comes from; null of access from a request';

UPDATE profile_users u SET employment_id = p.employment_id
FROM employment_projection p
WHERE u.organization_id = p.organization_id AND u.person_id = p.person_id AND u.origin = 'EMPLOYMENT';
