-- Looks at what was there before; meanwhile others read and write (SHARE UPDATE EXCLUSIVE).
ALTER TABLE deliveries
    VALIDATE CONSTRAINT deliveries_state,
    VALIDATE CONSTRAINT deliveries_sent,
    VALIDATE CONSTRAINT deliveries_bounced;
