-- Serves "what a person accepted at an organization", which is archived when their employment ends.
CREATE INDEX invitations_of_person ON invitations (organization_id, person_id) WHERE person_id IS NOT NULL;
