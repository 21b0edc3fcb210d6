-- Whether an employment was ever verified, and since when one waits.
ALTER TABLE employments
    ADD COLUMN first_verify_time timestamptz,
    ADD COLUMN wait_time         timestamptz;

-- A last day was only ever settled of what had been verified: of one that waits again, the time of that was not kept.
UPDATE employments
SET first_verify_time = coalesce(verify_time, CASE WHEN end_due_time IS NOT NULL THEN create_time END),
    wait_time = CASE WHEN state = 'PENDING_VERIFICATION' THEN update_time END
WHERE verify_time IS NOT NULL OR end_due_time IS NOT NULL OR state = 'PENDING_VERIFICATION';

-- Serves the list of an organization by how long people wait, page by page.
CREATE INDEX employments_waiting ON employments
    (organization_id, (coalesce(CASE WHEN state = 'PENDING_VERIFICATION' THEN wait_time END, 'infinity')), employment_id);

COMMENT ON COLUMN employments.verify_time IS 'When it was verified; NULL before, and while one that was verified waits again';
COMMENT ON COLUMN employments.first_verify_time IS 'When it was verified for the first time: what has one is ended and not taken back; NULL before. Where it waited again when this began to be kept: when it began to exist, or NULL';
COMMENT ON COLUMN employments.wait_time IS 'When it last came to wait for its verification, said only while it does; NULL of one that never waited since this is kept';
