-- By whose calendar the employments of a closed organization end.
ALTER TABLE closings ADD COLUMN authority text NOT NULL DEFAULT '';

COMMENT ON COLUMN closings.authority IS 'The licensing authority of the organization, in whose time zone the last day is; empty when it was not known, and of closings before this was kept';
