-- Serves whether whoever has a mailbox wants no further invitation, however it is spelled. Written out as the statements are, which find it
-- by its expression; so it knows what an earlier release writes, too.
CREATE INDEX opt_outs_of_mailbox ON opt_outs (
    organization_id,
    (replace(split_part(split_part(address_canonical, '@', 1), '+', 1), '.', '') || '@' || split_part(address_canonical, '@', 2))
);

COMMENT ON COLUMN opt_outs.address_canonical IS 'The form that addresses are compared by, as it was invited; the wish holds for every spelling of its mailbox.';
