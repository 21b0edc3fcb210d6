-- Serves an organization's list of the certificates that it issued to one person, newest first. Not by the organization first: while the
-- table is young, the list of all of them would be taken from it, and sorted.
CREATE INDEX certificates_of_learner ON certificates (person_id, organization_id, certificate_id DESC) WHERE organization_id IS NOT NULL;
