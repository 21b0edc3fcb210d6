//! Organizations that were closed.

use muster_database::DatabaseError;
use muster_ids::{EmploymentId, OrganizationId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use time::OffsetDateTime;

use crate::domain::Closing;

impl FromRow<'_, PgRow> for Closing {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            authority: row.try_get("authority")?,
            actor: row.try_get("actor")?,
            time: row.try_get("close_time")?,
        })
    }
}

/// Stores that an organization was closed, once. Waits for everybody who has looked whether it is, and found that it is not:
/// what they are about to open is there when this is.
pub(crate) async fn insert(tx: &mut PgConnection, closing: &Closing) -> Result<(), DatabaseError> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('closing ' || $1::text, 0))")
        .bind(closing.organization)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "INSERT INTO closings (organization_id, actor, close_time, authority) VALUES ($1, $2, $3, $4)
         ON CONFLICT ON CONSTRAINT closings_pkey DO NOTHING",
    )
    .bind(closing.organization)
    .bind(&closing.actor)
    .bind(closing.time)
    .bind(&closing.authority)
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether an organization was closed. If it was not, it is not until the transaction ends. To be asked before any row of an
/// employment is locked: others ask first, and lock then.
pub(crate) async fn is_closed(
    tx: &mut PgConnection,
    organization: OrganizationId,
) -> Result<bool, DatabaseError> {
    // Two statements: one that waited for the lock would not see what its holder has stored.
    sqlx::query("SELECT pg_advisory_xact_lock_shared(hashtextextended('closing ' || $1::text, 0))")
        .bind(organization)
        .execute(&mut *tx)
        .await?;
    let closed = sqlx::query_scalar("SELECT EXISTS (SELECT FROM closings WHERE organization_id = $1)");
    Ok(closed.bind(organization).fetch_one(tx).await?)
}

/// A closing that is under way, locked until the transaction ends; those that another process has in hand are passed over.
/// Cross-tenant; the job only.
pub(crate) async fn lock_next(tx: &mut PgConnection) -> Result<Option<Closing>, DatabaseError> {
    let next = sqlx::query_as(
        "SELECT organization_id, actor, close_time, authority FROM closings
         WHERE finish_time IS NULL ORDER BY close_time LIMIT 1 FOR UPDATE SKIP LOCKED",
    );
    Ok(next.fetch_optional(tx).await?)
}

/// At most `limit` open employments of an organization. The states are written out as in their index.
pub(crate) async fn list_open(
    tx: &mut PgConnection,
    organization: OrganizationId,
    limit: i64,
) -> Result<Vec<EmploymentId>, DatabaseError> {
    let open = sqlx::query_scalar(
        "SELECT employment_id FROM employments
         WHERE organization_id = $1 AND state IN ('PENDING_VERIFICATION', 'VERIFIED') LIMIT $2",
    );
    Ok(open.bind(organization).bind(limit).fetch_all(tx).await?)
}

/// Stores that nothing is left to do for a locked closing.
pub(crate) async fn finish(
    tx: &mut PgConnection,
    closing: &Closing,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE closings SET finish_time = $2 WHERE organization_id = $1")
        .bind(closing.organization)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(())
}
