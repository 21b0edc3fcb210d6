-- What registry staff do has a reason that they state, in the shared catalog, too.
ALTER TABLE trainings ADD COLUMN create_reason text NOT NULL DEFAULT '';

COMMENT ON COLUMN trainings.create_reason IS 'Why it was put into the catalog, as registry staff stated it; empty of what was put there before that was asked for';
