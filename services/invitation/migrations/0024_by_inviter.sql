-- Begins with who invited, so that nothing but the primary key serves a look-up by it. While the table is young its indexes cost the
-- same, and a plan that is made then is kept: with the organization in front the check of each invitation_groups row took this index, and
-- read all invitations of the organization for every one that was made.
CREATE INDEX invitations_of_inviter ON invitations (inviter_person_id, organization_id, invitation_id);
DROP INDEX invitations_by_inviter;
