-- What a training counts for, and for how long: data of the course, noted on each certificate when it is issued.
ALTER TABLE trainings
    ADD COLUMN duration_minutes integer NOT NULL DEFAULT 0
        CONSTRAINT trainings_duration CHECK (duration_minutes BETWEEN 0 AND 100000),
    ADD COLUMN validity_months integer
        CONSTRAINT trainings_validity CHECK (validity_months BETWEEN 1 AND 600);
COMMENT ON COLUMN trainings.duration_minutes IS 'For how many minutes it counts where hours are counted; 0: for none';
COMMENT ON COLUMN trainings.validity_months IS 'For how many months a certificate is valid; null: for ever';

-- Certificates of before count for no hours and do not expire: nobody said so when they were issued.
ALTER TABLE certificates
    ADD COLUMN duration_minutes integer NOT NULL DEFAULT 0
        CONSTRAINT certificates_duration CHECK (duration_minutes BETWEEN 0 AND 100000),
    ADD COLUMN expire_time timestamptz
        CONSTRAINT certificates_expiry CHECK (expire_time > issue_time);
COMMENT ON COLUMN certificates.duration_minutes IS 'For how many minutes the training counted when it was completed';
COMMENT ON COLUMN certificates.expire_time IS 'From then on it is valid no more; null: it is valid for ever';
