-- A grant that came with the claim of the employment says so.
ALTER TABLE grants ADD COLUMN source text CONSTRAINT grants_source CHECK (source = 'CLAIM');

COMMENT ON COLUMN grants.source IS 'CLAIM: it came with the claim of the employment; NULL: it was given here';

DROP TRIGGER grants_history ON grants;
CREATE TRIGGER grants_history AFTER INSERT OR UPDATE OR DELETE ON grants
    FOR EACH ROW EXECUTE FUNCTION keep_history('/learners/{person_id}/grants/{grant_id}', 'state',
        'requester=requester_person_id', 'employment=employment_id', 'expire_time', 'decide_time', 'revoke_time', 'source');
