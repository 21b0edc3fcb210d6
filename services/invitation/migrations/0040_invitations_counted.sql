-- Counts the invitations there are. What was written since there are triggers is among the changes, and is taken off: both are seen as of
-- one moment, so that nobody who writes has to wait, however long it takes (it reads the table twice: some seconds for a million rows,
-- estimated). Who folds changes waits for it. It may be carried out at any time again, and then counts everything anew.
LOCK TABLE counted_organizations IN EXCLUSIVE MODE;
DELETE FROM invitation_counts;
DELETE FROM counted_organizations;

INSERT INTO counted_organizations (organization_id, count_time, next_expire_time)
SELECT organization_id, now(), min(expire_time) FILTER (WHERE state IN ('PROSPECT', 'PENDING') AND expire_time > now())
FROM (SELECT organization_id, state, expire_time FROM invitations
      UNION ALL
      SELECT organization_id, state, expire_time FROM invitation_count_changes) AS theirs
GROUP BY organization_id;

INSERT INTO invitation_counts (organization_id, state, invitation_count)
SELECT organization_id, shown, sum(change) FROM (
    SELECT organization_id, 1 AS change,
           CASE WHEN state IN ('PROSPECT', 'PENDING') AND expire_time <= now() THEN 'EXPIRED' ELSE state END AS shown
    FROM invitations
    UNION ALL
    SELECT organization_id, -change,
           CASE WHEN state IN ('PROSPECT', 'PENDING') AND expire_time <= now() THEN 'EXPIRED' ELSE state END
    FROM invitation_count_changes) AS theirs
GROUP BY organization_id, shown HAVING sum(change) <> 0;
