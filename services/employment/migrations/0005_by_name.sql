-- Serves the list of an organization in the order of names, page by page: the first hundred characters are what is sorted by.
CREATE INDEX employments_by_name ON employments
    (organization_id, lower(left(person_display_name, 100)), employment_id);
