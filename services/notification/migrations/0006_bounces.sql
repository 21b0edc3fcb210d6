-- What a mail server took and could not deliver afterwards. The constraints let in more than before, so that what is there keeps to
-- them: they are added without a look at it, in a moment in which nobody else reads or writes (ACCESS EXCLUSIVE). The version before
-- writes nothing that they refuse.
ALTER TABLE deliveries
    ADD COLUMN bounce_time timestamptz,
    DROP CONSTRAINT deliveries_state,
    ADD CONSTRAINT deliveries_state
        CHECK (state IN ('QUEUED', 'SENDING', 'SENT', 'UNCERTAIN', 'DEFERRED', 'FAILED', 'DROPPED', 'BOUNCED')) NOT VALID,
    DROP CONSTRAINT deliveries_sent,
    ADD CONSTRAINT deliveries_sent
        CHECK (CASE state WHEN 'SENT' THEN send_time IS NOT NULL WHEN 'BOUNCED' THEN true ELSE send_time IS NULL END) NOT VALID,
    ADD CONSTRAINT deliveries_bounced CHECK ((state = 'BOUNCED') = (bounce_time IS NOT NULL)) NOT VALID;

COMMENT ON COLUMN deliveries.bounce_time IS 'When a report came that it could not be delivered; null unless it is BOUNCED.';
COMMENT ON COLUMN deliveries.send_time IS 'When the mail server took it; null of a message that came back before that was known.';
COMMENT ON COLUMN deliveries.server_reply IS 'Latest reply of the mail server, or what a later report says of it: code and enhanced status, and of a refusal its words, in which no address stands.';
