-- Registry staff read records for a reason that they state, which organization keeps: no grant allows that.
ALTER TABLE record_accesses
    ALTER COLUMN grant_id DROP NOT NULL,
    DROP CONSTRAINT record_accesses_reason,
    ADD CONSTRAINT record_accesses_reason CHECK (reason IN ('GRANT', 'STAFF')) NOT VALID,
    ADD CONSTRAINT record_accesses_granted CHECK ((reason = 'GRANT') = (grant_id IS NOT NULL)) NOT VALID;
ALTER TABLE record_accesses VALIDATE CONSTRAINT record_accesses_reason;
ALTER TABLE record_accesses VALIDATE CONSTRAINT record_accesses_granted;

COMMENT ON COLUMN record_accesses.reason IS 'Why it was allowed: GRANT: the person had granted it; STAFF: registry staff had stated a reason';
COMMENT ON COLUMN record_accesses.grant_id IS 'The grant that allowed it; NULL of registry staff';
