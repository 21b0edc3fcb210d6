//! Who sends what: leases on deliveries, whoever's they are. The states that are written out here are those of the partial
//! indexes that serve the statement.

use muster_database::{DatabaseError, lease_is_free};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::row::{claimed_columns, readable};
use crate::domain::{Claimed, DeliveryState, Lease, Phase, RetryDecision};
use crate::mails::Purpose;

/// A claim to make.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// Of all that it takes.
    pub lease: muster_jobs::Lease,
    /// Now.
    pub now: OffsetDateTime,
    /// How many at most.
    pub limit: i64,
    /// Of which purposes.
    pub purposes: &'a [Purpose],
}

/// Takes leases on deliveries that are due, oldest first. One statement, to be run without a transaction.
pub async fn claim(db: &mut PgConnection, claim: Claim<'_>) -> Result<Vec<Claimed>, DatabaseError> {
    let rows = sqlx::query(concat!(
        "WITH due AS (
             SELECT organization_id, delivery_id
             FROM deliveries
             WHERE state IN ('QUEUED', 'DEFERRED') AND next_attempt_time <= $1 AND purpose = ANY ($5)
             ORDER BY next_attempt_time
             LIMIT $2
             FOR UPDATE SKIP LOCKED
         )
         UPDATE deliveries d
         SET state = $6, phase = $7, lease_token = $3, lease_until = $4, next_attempt_time = NULL,
             version = d.version + 1
         FROM due
         WHERE d.organization_id = due.organization_id AND d.delivery_id = due.delivery_id
         RETURNING ",
        claimed_columns!()
    ))
    .bind(claim.now)
    .bind(claim.limit)
    .bind(claim.lease.token)
    .bind(claim.lease.until)
    .bind(claim.purposes)
    .bind(DeliveryState::Sending)
    .bind(Phase::BeforeDot)
    .fetch_all(db)
    .await?;
    Ok(readable(&rows))
}

/// Writes down that the final dot follows, and extends the lease. `false`: the lease is somebody else's by now, and the
/// dot must not be written. `sha256` is that of the message: it is kept of the first copy that may be taken, so that a
/// second one can be told from it. One statement, to be run without a transaction: it is committed when this returns.
pub async fn reach_dot(
    db: &mut PgConnection,
    lease: Lease,
    until: OffsetDateTime,
    sha256: [u8; 32],
) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "UPDATE deliveries
         SET phase = $6, lease_until = $4,
             content_sha256 = CASE ambiguous_resends WHEN 0 THEN $5 ELSE content_sha256 END
         WHERE organization_id = $1 AND delivery_id = $2 AND lease_token = $3",
    )
    .bind(lease.organization)
    .bind(lease.delivery)
    .bind(lease.token)
    .bind(until)
    .bind(sha256)
    .bind(Phase::Dot)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Locks deliveries that nobody holds any more though nothing came of them: their worker is gone, or has lost touch.
/// Purposes and phases that this release does not know are left to the one that does.
pub async fn lock_expired(
    tx: &mut PgConnection,
    now: OffsetDateTime,
    limit: i64,
) -> Result<Vec<Claimed>, DatabaseError> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        claimed_columns!(),
        " FROM deliveries d
         WHERE d.state = 'SENDING' AND ",
        lease_is_free!("$1"),
        " AND d.purpose = ANY ($3) AND d.phase = ANY ($4)
         ORDER BY d.lease_until
         LIMIT $2
         FOR UPDATE SKIP LOCKED"
    ))
    .bind(now)
    .bind(limit)
    .bind(Purpose::ALL)
    .bind(Phase::ALL)
    .fetch_all(tx)
    .await?;
    Ok(readable(&rows))
}

/// Whether the outcome was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It was; the delivery has this version now.
    Done(i64),
    /// The lease is somebody else's by now, and so is the word on the delivery.
    LeaseLost,
}

/// Writes an outcome and gives the lease back.
pub async fn settle(
    tx: &mut PgConnection,
    lease: Lease,
    decision: &RetryDecision,
) -> Result<Settled, DatabaseError> {
    let version: Option<i64> = sqlx::query_scalar(
        "UPDATE deliveries
         SET state = $4, next_attempt_time = $5, send_time = $6, attempts = $7, deferrals = $8, breaks = $9,
             unasked = $10, ambiguous_resends = $11, server_reply = COALESCE($12, server_reply),
             lease_token = NULL, lease_until = NULL, phase = NULL, version = version + 1
         WHERE organization_id = $1 AND delivery_id = $2 AND lease_token = $3
         RETURNING version",
    )
    .bind(lease.organization)
    .bind(lease.delivery)
    .bind(lease.token)
    .bind(decision.disposition.state())
    .bind(decision.disposition.next_attempt_time())
    .bind(decision.disposition.send_time())
    .bind(decision.history.attempts)
    .bind(decision.history.deferrals)
    .bind(decision.history.breaks)
    .bind(decision.history.unasked)
    .bind(decision.history.ambiguous_resends)
    .bind(decision.reply.as_ref().map(ToString::to_string))
    .fetch_optional(tx)
    .await?;
    Ok(version.map_or(Settled::LeaseLost, Settled::Done))
}
