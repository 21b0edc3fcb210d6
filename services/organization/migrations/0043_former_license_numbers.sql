-- A profile is found by the numbers that it had before, and they are nobody's to claim.
CREATE INDEX license_numbers_former ON license_numbers (license_number_normalized, licensing_authority)
    WHERE end_time IS NOT NULL;
