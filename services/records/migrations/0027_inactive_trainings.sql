-- A training that an organization has deactivated in its catalog is assigned to nobody anew; whoever has to take it goes on.
ALTER TABLE group_projection ADD COLUMN inactive_training_ids uuid[] NOT NULL DEFAULT '{}';

COMMENT ON COLUMN group_projection.inactive_training_ids IS 'Those of training_ids that nobody is assigned anew';
