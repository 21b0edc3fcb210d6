-- Who decided on a request for access.
ALTER TABLE access_requests ADD COLUMN decider_person_id uuid;

COMMENT ON COLUMN access_requests.decider_person_id IS 'Who approved or denied it; null while it waits, when it was taken back or has expired, and of those decided before this was kept';
