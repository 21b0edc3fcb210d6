//! Imports whose rows are to be deleted, and how many are undecided.

use muster_database::DatabaseError;
use muster_ids::{ImportId, OrganizationId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::import::ImportState;
use crate::store::state_lists::undecided;

/// Locks an import whose rows are to be deleted at `now`, passing over those that another process holds and those whose
/// rows are still becoming invitations. Cross-tenant; the sweeper only.
pub(crate) async fn lock_due(
    tx: &mut PgConnection,
    now: OffsetDateTime,
) -> Result<Option<(OrganizationId, ImportId)>, DatabaseError> {
    Ok(sqlx::query_as(
        "SELECT organization_id, import_id FROM imports WHERE purge_time <= $1 AND state <> ALL ($2)
         ORDER BY purge_time LIMIT 1 FOR UPDATE SKIP LOCKED",
    )
    .bind(now)
    .bind(ImportState::IN_USE)
    .fetch_optional(tx)
    .await?)
}

/// Deletes up to `limit` rows of an import, and tells how many.
pub(crate) async fn delete_rows(
    tx: &mut PgConnection,
    organization: OrganizationId,
    import: ImportId,
    limit: i64,
) -> Result<u64, DatabaseError> {
    let done = sqlx::query(
        "DELETE FROM import_rows WHERE organization_id = $1 AND import_id = $2 AND line = ANY (ARRAY(
             SELECT line FROM import_rows WHERE organization_id = $1 AND import_id = $2 ORDER BY line LIMIT $3))",
    )
    .bind(organization)
    .bind(import)
    .bind(limit)
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// Writes down that no rows of an import are left.
pub(crate) async fn mark_purged(
    tx: &mut PgConnection,
    organization: OrganizationId,
    import: ImportId,
) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE imports SET purge_time = NULL WHERE organization_id = $1 AND import_id = $2")
        .bind(organization)
        .bind(import)
        .execute(tx)
        .await?;
    Ok(())
}

/// How many imports of the organization can be decided on at `now`. Of concurrent uploads each sees only those that were
/// committed before.
pub(crate) async fn count_undecided(
    connection: &mut PgConnection,
    organization: OrganizationId,
    now: OffsetDateTime,
) -> Result<i64, DatabaseError> {
    Ok(sqlx::query_scalar(concat!(
        "SELECT count(*) FROM imports WHERE organization_id = $1 AND expire_time > $2 AND state IN (",
        undecided!(),
        ")",
    ))
    .bind(organization)
    .bind(now)
    .fetch_one(connection)
    .await?)
}
