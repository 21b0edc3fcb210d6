-- Serve the list of invitations by whoever invited and by location, however many others there are.
CREATE INDEX invitations_by_inviter ON invitations (organization_id, inviter_person_id, invitation_id);
CREATE INDEX invitations_at_location ON invitations (organization_id, location_id, invitation_id)
    WHERE location_id IS NOT NULL;
