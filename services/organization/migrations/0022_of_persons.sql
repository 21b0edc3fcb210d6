-- A person's own organizations, page by page: those they own, and those they were let into.
DROP INDEX organizations_owner;
CREATE INDEX organizations_owner ON organizations (owner_person_id, organization_id DESC);
CREATE INDEX profile_users_of_person ON profile_users (person_id, organization_id DESC);
