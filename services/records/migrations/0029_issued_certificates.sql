-- Serves an organization's list of the certificates that it issued, newest first.
CREATE INDEX certificates_of_organization ON certificates (organization_id, certificate_id DESC) WHERE organization_id IS NOT NULL;
