-- One invitation's opt-out can be said and taken back again while the clock shows the same time, or has been set back: a time is
-- no key.
ALTER TABLE lifted_opt_outs
    DROP CONSTRAINT lifted_opt_outs_pkey,
    ADD COLUMN lift_number bigint GENERATED ALWAYS AS IDENTITY,
    ADD PRIMARY KEY (organization_id, invitation_id, lift_number);

COMMENT ON COLUMN lifted_opt_outs.lift_number IS 'Grows with every opt-out that is taken back.';
