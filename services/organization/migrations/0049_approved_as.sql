-- What strangers see of a profile as registry staff approved it: whoever reviews it is told what has become of that.
ALTER TABLE reviews
    ADD COLUMN approved_display_name text,
    ADD COLUMN approved_address      text[],
    ADD CONSTRAINT reviews_approved CHECK (
        (approved_display_name IS NULL) = (approved_address IS NULL) AND cardinality(approved_address) = 4);

COMMENT ON COLUMN reviews.approved_display_name IS 'The name with which the profile was approved; NULL of profiles that were approved before this was kept';
COMMENT ON COLUMN reviews.approved_address IS 'Street, city, region and postal code with which the profile was approved, empty where none was said; NULL as above';
