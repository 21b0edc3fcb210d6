//! Organizations that were closed.

use muster_database::DatabaseError;
use muster_ids::{ImportId, InvitationId, OrganizationId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::state_lists::{occupying, undecided};

/// Stores that an organization was closed, once. Waits for everybody who has looked whether it is, and found that it is not:
/// what they are about to make is there when this is.
pub(crate) async fn insert(
    tx: &mut PgConnection,
    organization: OrganizationId,
    time: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('closing ' || $1::text, 0))")
        .bind(organization)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "INSERT INTO closings (organization_id, close_time) VALUES ($1, $2)
         ON CONFLICT ON CONSTRAINT closings_pkey DO NOTHING",
    )
    .bind(organization)
    .bind(time)
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether an organization was closed. If it was not, it is not until the transaction ends. To be asked before any row of an
/// invitation is locked: others ask first, and lock then.
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

/// What a transaction begins with (`Database::write_after`) that makes invitations of an organization unless it was closed: if it
/// was not when the next statement looks, it is not until the transaction ends. The first half of [`is_closed`]; the second is in
/// the statement that makes them.
pub(crate) fn keep_open(organization: OrganizationId) -> String {
    format!("SELECT pg_advisory_xact_lock_shared(hashtextextended('closing {organization}', 0))")
}

/// The organization of a closing that is under way, locked until the transaction ends; those that another process has in hand
/// are passed over. Cross-tenant; the job only.
pub(crate) async fn lock_next(tx: &mut PgConnection) -> Result<Option<OrganizationId>, DatabaseError> {
    let next = sqlx::query_scalar(
        "SELECT organization_id FROM closings
         WHERE finish_time IS NULL ORDER BY close_time LIMIT 1 FOR UPDATE SKIP LOCKED",
    );
    Ok(next.fetch_optional(tx).await?)
}

/// At most `limit` invitations of an organization that can be answered, or were accepted.
pub(crate) async fn list_invitations(
    tx: &mut PgConnection,
    organization: OrganizationId,
    limit: i64,
) -> Result<Vec<InvitationId>, DatabaseError> {
    let open = sqlx::query_scalar(concat!(
        "SELECT invitation_id FROM invitations WHERE organization_id = $1 AND state IN (",
        occupying!(),
        ") ORDER BY invitation_id LIMIT $2",
    ));
    Ok(open.bind(organization).bind(limit).fetch_all(tx).await?)
}

/// At most `limit` imports of an organization that can be decided on at `now`.
pub(crate) async fn list_imports(
    tx: &mut PgConnection,
    organization: OrganizationId,
    now: OffsetDateTime,
    limit: i64,
) -> Result<Vec<ImportId>, DatabaseError> {
    let undecided = sqlx::query_scalar(concat!(
        "SELECT import_id FROM imports WHERE organization_id = $1 AND expire_time > $2 AND state IN (",
        undecided!(),
        ") ORDER BY import_id LIMIT $3",
    ));
    Ok(undecided
        .bind(organization)
        .bind(now)
        .bind(limit)
        .fetch_all(tx)
        .await?)
}

/// Stores that nothing is left to do for a locked closing.
pub(crate) async fn finish(
    tx: &mut PgConnection,
    organization: OrganizationId,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE closings SET finish_time = $2 WHERE organization_id = $1")
        .bind(organization)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(())
}
