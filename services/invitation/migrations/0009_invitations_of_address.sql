-- Serves "what a person declined a moment ago", wherever; what waits for their answer is found by invitations_one_live.
CREATE INDEX invitations_declined ON invitations (address_canonical) WHERE state = 'DECLINED';
