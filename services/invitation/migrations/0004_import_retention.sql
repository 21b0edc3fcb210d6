-- Rows of imports hold addresses: they are deleted once nobody decides on them any more, or some time after the decision.
ALTER TABLE imports ADD COLUMN purge_time timestamptz;

UPDATE imports SET purge_time = COALESCE(decide_time + interval '30 days', expire_time + interval '1 hour');

COMMENT ON COLUMN imports.purge_time IS 'From when on its rows are deleted; null once they are. The counts stay.';

-- Serves the sweeper.
CREATE INDEX imports_to_purge ON imports (purge_time) WHERE purge_time IS NOT NULL;
-- Serves the quota of imports that nobody decided on.
CREATE INDEX imports_undecided ON imports (organization_id) WHERE state IN ('UPLOADED', 'READY');
