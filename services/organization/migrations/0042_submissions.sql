-- Serves the list of what waits for registry staff, those that wait longest first: no more rows than there are.
CREATE INDEX organizations_submitted_first ON organizations (submit_time, organization_id) WHERE state = 'SUBMITTED';
