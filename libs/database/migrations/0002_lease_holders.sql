-- Processes that claim rows. A process that is known to be gone holds nothing any more: its leases need not run out.
CREATE TABLE lease_holders (
    holder       bigint      CONSTRAINT lease_holders_pkey PRIMARY KEY,
    token_prefix text        NOT NULL,
    begin_time   timestamptz NOT NULL DEFAULT now(),
    gone_time    timestamptz
);

COMMENT ON TABLE lease_holders IS 'Processes that claim rows, by the lock that each keeps. Not a tenant table.';
COMMENT ON COLUMN lease_holders.holder IS 'Key of the advisory lock that the process holds for as long as its session lives; never used again.';
COMMENT ON COLUMN lease_holders.token_prefix IS 'How every lease_token of the process begins, as text.';
COMMENT ON COLUMN lease_holders.begin_time IS 'When it took its lock, by the clock of the database.';
COMMENT ON COLUMN lease_holders.gone_time IS 'When another process had the lock in its own hands, or the process said goodbye. From then on its leases are free. Kept for a day.';
