//! How many invitations an organization has in each state, told without a look at each: triggers insert what a statement has changed, a
//! job folds that into the counts, and what is told is the sum of both. What runs out shows another state without a statement: of each
//! organization it is noted until when that is counted, and the few that run out between then and the moment that is asked about are
//! looked up. The index of those, `invitations_expiring`, is for statements that say that versions are above 0, as they always are.

use muster_database::DatabaseError;
use muster_ids::OrganizationId;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::super::state_lists::{effective_state, live};
use crate::domain::invitation::StateName;

/// How many invitations show each state at `now`, as of one moment: those of states that some show.
pub(crate) async fn find(
    connection: &mut PgConnection,
    organization: OrganizationId,
    now: OffsetDateTime,
) -> Result<Vec<(StateName, i64)>, DatabaseError> {
    Ok(sqlx::query_as(concat!(
        // All as they are shown at the time until which they are counted; and what is shown otherwise now, which may be before, by the
        // clock of another process. These few are read in the order of their index (OFFSET keeps that): a plan that is made while the table
        // is young would else take another one, and look at all of the organization.
        "WITH counted AS (
             SELECT coalesce((SELECT c.count_time FROM counted_organizations c WHERE c.organization_id = $1), $2) AS until)
         SELECT shown, sum(count)::bigint FROM (
             SELECT c.state AS shown, c.invitation_count AS count FROM invitation_counts c WHERE c.organization_id = $1
             UNION ALL
             SELECT ",
        effective_state!("(SELECT until FROM counted)"),
        ", i.change FROM invitation_count_changes i WHERE i.organization_id = $1
             UNION ALL
             SELECT moved.shown, moved.count FROM (
                 SELECT i.state, CASE WHEN $2 >= (SELECT until FROM counted) THEN count(*) ELSE -count(*) END AS count
                 FROM (
                     SELECT i.state FROM invitations i
                     WHERE i.organization_id = $1 AND i.version > 0 AND i.state IN (",
        live!(),
        ") AND i.expire_time > least((SELECT until FROM counted), $2)
                       AND i.expire_time <= greatest((SELECT until FROM counted), $2)
                     ORDER BY i.expire_time OFFSET 0) AS i
                 GROUP BY i.state) AS passed
             CROSS JOIN LATERAL (VALUES (passed.state, -passed.count), ('EXPIRED', passed.count)) AS moved (shown, count)
         ) AS parts GROUP BY shown HAVING sum(count) <> 0 ORDER BY shown",
    ))
    .bind(organization)
    .bind(now)
    .fetch_all(connection)
    .await?)
}

/// The next organization of which something is to be folded in: a statement has changed something, or something has run out by `now`.
/// Cross-tenant; the job only.
pub(crate) async fn next_due(
    connection: &mut PgConnection,
    after: Option<OrganizationId>,
    now: OffsetDateTime,
) -> Result<Option<OrganizationId>, DatabaseError> {
    // The first ones of two indexes, however many changes wait: not all of them, sorted.
    let next = sqlx::query_scalar(
        "SELECT least(
             (SELECT c.organization_id FROM invitation_count_changes c
              WHERE c.organization_id > $1 ORDER BY c.organization_id LIMIT 1),
             (SELECT c.organization_id FROM counted_organizations c
              WHERE c.organization_id > $1 AND c.next_expire_time <= $2 ORDER BY c.organization_id LIMIT 1))",
    );
    Ok(next
        .bind(after.unwrap_or(OrganizationId::from_uuid(Uuid::nil())))
        .bind(now)
        .fetch_one(connection)
        .await?)
}

/// Until when what has run out of an organization is counted, locked until the transaction ends; from `now` on, if nobody has counted
/// there. `None`: another process has it in hand.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    organization: OrganizationId,
    now: OffsetDateTime,
) -> Result<Option<OffsetDateTime>, DatabaseError> {
    // Only where there is no row: finding a conflict would wait for who is just changing it.
    sqlx::query(
        "INSERT INTO counted_organizations (organization_id, count_time)
         SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM counted_organizations WHERE organization_id = $1)
         ON CONFLICT ON CONSTRAINT counted_organizations_pkey DO NOTHING",
    )
    .bind(organization)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    let locked = sqlx::query_scalar(
        "SELECT count_time FROM counted_organizations WHERE organization_id = $1 FOR UPDATE SKIP LOCKED",
    );
    Ok(locked.bind(organization).fetch_optional(tx).await?)
}

/// Folds at most `limit` changes into the counts of a locked organization, which are those of `until`. Tells how many they were.
pub(crate) async fn fold(
    tx: &mut PgConnection,
    organization: OrganizationId,
    until: OffsetDateTime,
    limit: i64,
) -> Result<i64, DatabaseError> {
    Ok(sqlx::query_scalar(concat!(
        "WITH taken AS (
             DELETE FROM invitation_count_changes
             WHERE organization_id = $1 AND change_id = ANY (ARRAY(
                 SELECT c.change_id FROM invitation_count_changes c
                 WHERE c.organization_id = $1 ORDER BY c.change_id LIMIT $3))
             RETURNING state, expire_time, change),
         folded AS (
             INSERT INTO invitation_counts (organization_id, state, invitation_count)
             SELECT $1, theirs.shown, sum(theirs.change)::bigint FROM (
                 SELECT ",
        effective_state!("$2"),
        " AS shown, i.change FROM taken i) AS theirs
             GROUP BY theirs.shown HAVING sum(theirs.change) <> 0
             ON CONFLICT ON CONSTRAINT invitation_counts_pkey
             DO UPDATE SET invitation_count = invitation_counts.invitation_count + excluded.invitation_count)
         SELECT count(*) FROM taken",
    ))
    .bind(organization)
    .bind(until)
    .bind(limit)
    .fetch_one(tx)
    .await?)
}

/// A time at which some `limit` have run out since `until`, those of one moment together; `now`, if they are no more.
pub(crate) async fn some_later(
    tx: &mut PgConnection,
    organization: OrganizationId,
    until: OffsetDateTime,
    now: OffsetDateTime,
    limit: i64,
) -> Result<OffsetDateTime, DatabaseError> {
    Ok(sqlx::query_scalar(concat!(
        "SELECT coalesce((
             SELECT i.expire_time FROM invitations i
             WHERE i.organization_id = $1 AND i.version > 0 AND i.state IN (",
        live!(),
        ") AND i.expire_time > $2 AND i.expire_time <= $3
             ORDER BY i.expire_time OFFSET $4 LIMIT 1), $3)",
    ))
    .bind(organization)
    .bind(until)
    .bind(now)
    .bind(limit)
    .fetch_one(tx)
    .await?)
}

/// Counts what has run out since `until`, and at `later` at the latest, of a locked organization: its counts are then those of `later`.
pub(crate) async fn expire(
    tx: &mut PgConnection,
    organization: OrganizationId,
    until: OffsetDateTime,
    later: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query(concat!(
        // Of those that have run out, the ones that are counted: what is not folded in yet will be as of `later`.
        "WITH passed AS (
             SELECT theirs.state, sum(theirs.count)::bigint AS count FROM (
                 SELECT i.state, count(*) AS count FROM invitations i
                 WHERE i.organization_id = $1 AND i.version > 0 AND i.state IN (",
        live!(),
        ") AND i.expire_time > $2 AND i.expire_time <= $3
                 GROUP BY i.state
                 UNION ALL
                 SELECT i.state, -i.change FROM invitation_count_changes i
                 WHERE i.organization_id = $1 AND i.state IN (",
        live!(),
        ") AND i.expire_time > $2 AND i.expire_time <= $3) AS theirs
             GROUP BY theirs.state)
         INSERT INTO invitation_counts (organization_id, state, invitation_count)
         SELECT $1, moved.shown, sum(moved.count)::bigint
         FROM passed
         CROSS JOIN LATERAL (VALUES (passed.state, -passed.count), ('EXPIRED', passed.count)) AS moved (shown, count)
         GROUP BY moved.shown HAVING sum(moved.count) <> 0
         ON CONFLICT ON CONSTRAINT invitation_counts_pkey
         DO UPDATE SET invitation_count = invitation_counts.invitation_count + excluded.invitation_count",
    ))
    .bind(organization)
    .bind(until)
    .bind(later)
    .execute(tx)
    .await?;
    Ok(())
}

/// Stores until when the counts of a locked organization are, and when the next of its invitations runs out.
pub(crate) async fn settle(
    tx: &mut PgConnection,
    organization: OrganizationId,
    until: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query(concat!(
        "UPDATE counted_organizations SET count_time = $2, next_expire_time = (
             SELECT i.expire_time FROM invitations i
             WHERE i.organization_id = $1 AND i.version > 0 AND i.state IN (",
        live!(),
        ") AND i.expire_time > $2 ORDER BY i.expire_time LIMIT 1)
         WHERE organization_id = $1",
    ))
    .bind(organization)
    .bind(until)
    .execute(tx)
    .await?;
    Ok(())
}
