-- A person lets an organization read their learning record in the same step in which they claim to work there.
ALTER TABLE employments
    ADD COLUMN consent_grant_id    uuid,
    ADD COLUMN consent_time        timestamptz,
    ADD COLUMN consent_expire_time timestamptz,
    ADD COLUMN consent_wording     text,
    ADD CONSTRAINT employments_consent CHECK (
        (consent_grant_id IS NULL) = (consent_time IS NULL) AND (consent_grant_id IS NULL) = (consent_wording IS NULL)
        AND (consent_grant_id IS NOT NULL OR consent_expire_time IS NULL));

-- Serves whoever takes back what no event has told of yet.
CREATE UNIQUE INDEX employments_consents ON employments (person_id, consent_grant_id) WHERE consent_grant_id IS NOT NULL;

COMMENT ON COLUMN employments.consent_grant_id IS 'The grant that the consent became which came with the claim, the last time that one did; NULL when none did. The records know whether it is in force';
COMMENT ON COLUMN employments.consent_time IS 'When it was given';
COMMENT ON COLUMN employments.consent_expire_time IS 'When it ends by itself; NULL: never';
COMMENT ON COLUMN employments.consent_wording IS 'Which words the person agreed to, as the program that showed them calls them; may be empty';

DROP TRIGGER employments_history ON employments;
CREATE TRIGGER employments_history AFTER INSERT OR UPDATE OR DELETE ON employments
    FOR EACH ROW EXECUTE FUNCTION keep_history('/employments/{employment_id}', 'person=person_id', 'state',
        'location=location_id', 'source_invitation=source_invitation_id', 'start_date', 'verify_time', 'last_day', 'ended_by',
        'end_time', 'consent=consent_grant_id', 'consent_expire_time');
