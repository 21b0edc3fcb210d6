//! What became of a delivery.

use muster_database::DatabaseError;
use sqlx::PgConnection;

use super::row::Lease;
use crate::domain::Plan;

/// Whether the outcome was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It was; the delivery has this version now.
    Done(i64),
    /// The lease is somebody else's by now, and so is the word on the delivery.
    LeaseLost,
}

/// Writes an outcome and gives the lease back.
pub async fn settle(tx: &mut PgConnection, lease: Lease, plan: &Plan) -> Result<Settled, DatabaseError> {
    let version: Option<i64> = sqlx::query_scalar(
        "UPDATE deliveries
         SET state = $4, next_attempt_time = $5, send_time = $6, attempts = $7, deferrals = $8, breaks = $9,
             unasked = $10, ambiguous_resends = $11, server_reply = COALESCE($12, server_reply),
             lease_token = NULL, lease_until = NULL, phase = NULL, version = version + 1
         WHERE organization_id = $1 AND delivery_id = $2 AND lease_token = $3
         RETURNING version",
    )
    .bind(lease.organization.as_uuid())
    .bind(lease.delivery.as_uuid())
    .bind(lease.token)
    .bind(plan.disposition.state().as_str())
    .bind(plan.disposition.next_attempt_time())
    .bind(plan.disposition.send_time())
    .bind(plan.history.attempts)
    .bind(plan.history.deferrals)
    .bind(plan.history.breaks)
    .bind(plan.history.unasked)
    .bind(plan.history.ambiguous_resends)
    .bind(plan.reply.as_ref().map(ToString::to_string))
    .fetch_optional(tx)
    .await?;
    Ok(version.map_or(Settled::LeaseLost, Settled::Done))
}
