-- The history tells who decided on a request for access, also where somebody else's act settled it.
DROP TRIGGER access_requests_history ON access_requests;
CREATE TRIGGER access_requests_history AFTER INSERT OR UPDATE OR DELETE ON access_requests
    FOR EACH ROW EXECUTE FUNCTION keep_history('/accessRequests/{access_request_id}', 'person=person_id', 'role', 'state',
        'decider=decider_person_id', 'expire_time');
