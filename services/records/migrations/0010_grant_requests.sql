-- Consent that ends by the clock, and that organizations ask for.
ALTER TABLE grants
    ADD COLUMN expire_time            timestamptz,
    ADD COLUMN decide_time            timestamptz,
    ADD COLUMN requester_person_id    uuid,
    ADD COLUMN requester_display_name text NOT NULL DEFAULT '',
    ADD COLUMN request_message        text NOT NULL DEFAULT '',
    DROP CONSTRAINT grants_state,
    ADD CONSTRAINT grants_state CHECK (
        state IN ('ACTIVE', 'REVOKED', 'LAPSED', 'EXPIRED', 'REQUESTED', 'DENIED')),
    ADD CONSTRAINT grants_requested CHECK (state <> 'REQUESTED' OR requester_person_id IS NOT NULL),
    ADD CONSTRAINT grants_denied CHECK (state <> 'DENIED' OR decide_time IS NOT NULL);

-- Decides the race of two requests: at most one of an organization waits for a person's answer.
CREATE UNIQUE INDEX grants_one_requested ON grants (person_id, organization_id) WHERE state = 'REQUESTED';
-- Serves the organization's view of a learner, newest first.
CREATE INDEX grants_of_organization ON grants (organization_id, person_id, grant_id DESC);

COMMENT ON COLUMN grants.state IS 'ACTIVE: in force while the employment is verified and expire_time is to come; REVOKED by the person; LAPSED with the employment; EXPIRED: written when a newer one takes its place, until then it follows from expire_time; REQUESTED by the organization; DENIED by the person';
COMMENT ON COLUMN grants.create_time IS 'When it was given, or asked for';
COMMENT ON COLUMN grants.expire_time IS 'When it ends by itself, as a grant or as a request; NULL: never';
COMMENT ON COLUMN grants.decide_time IS 'When the person gave or denied it; NULL while it is asked for, and of those given before there were requests';
COMMENT ON COLUMN grants.requester_person_id IS 'Who asked for it, for the organization; NULL when nobody did';
COMMENT ON COLUMN grants.requester_display_name IS 'Their name at the time; may be empty';
COMMENT ON COLUMN grants.request_message IS 'What they wrote to the person; may be empty';
