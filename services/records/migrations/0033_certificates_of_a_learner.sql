-- Serves an organization's list of the certificates that it issued to one person, newest first.
CREATE INDEX certificates_of_learner ON certificates (organization_id, person_id, certificate_id DESC) WHERE organization_id IS NOT NULL;
