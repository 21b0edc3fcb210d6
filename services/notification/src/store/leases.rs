//! Who sends what: leases on deliveries.

use muster_database::DatabaseError;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::row::{Claimed, ClaimedRow, Lease, readable};
use crate::domain::Phase;
use crate::mails::Purpose;

/// A claim to make.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// Fresh; the leases' token.
    pub token: Uuid,
    /// Now.
    pub now: OffsetDateTime,
    /// When the leases end.
    pub until: OffsetDateTime,
    /// How many at most.
    pub limit: i64,
    /// Of which purposes: their stored words.
    pub purposes: &'a [&'static str],
}

/// Takes leases on deliveries that are due, oldest first. One statement,
/// to be run without a transaction.
pub async fn claim(connection: &mut PgConnection, claim: Claim<'_>) -> Result<Vec<Claimed>, DatabaseError> {
    let rows: Vec<ClaimedRow> = sqlx::query_as(
        "WITH due AS (
             SELECT organization_id, delivery_id, next_attempt_time
             FROM deliveries
             WHERE state IN ('QUEUED', 'DEFERRED') AND next_attempt_time <= $1 AND purpose = ANY ($5)
             ORDER BY next_attempt_time
             LIMIT $2
             FOR UPDATE SKIP LOCKED
         )
         UPDATE deliveries d
         SET state = 'SENDING', phase = 'BEFORE_DOT', lease_token = $3, lease_until = $4, next_attempt_time = NULL,
             version = d.version + 1
         FROM due
         WHERE d.organization_id = due.organization_id AND d.delivery_id = due.delivery_id
         RETURNING d.organization_id, d.delivery_id, d.lease_token, d.subject, d.purpose, d.generation, d.request,
                   d.template_version, d.message_id, d.create_time, d.attempts, d.deferrals, d.breaks,
                   d.unasked, d.ambiguous_resends, d.content_sha256, d.phase, d.server_reply, due.next_attempt_time AS due_time, d.traceparent",
    )
    .bind(claim.now)
    .bind(claim.limit)
    .bind(claim.token)
    .bind(claim.until)
    .bind(claim.purposes)
    .fetch_all(connection)
    .await?;
    Ok(readable(rows))
}

/// Writes down that the final dot follows, and extends the lease. `false`: the lease is somebody else's by now, and the
/// dot must not be written. `sha256` is that of the message: it is kept of the first copy that may be taken, so that a
/// second one can be told from it. One statement, to be run without a transaction: it is committed when this returns.
pub async fn reach_dot(
    connection: &mut PgConnection,
    lease: Lease,
    until: OffsetDateTime,
    sha256: [u8; 32],
) -> Result<bool, DatabaseError> {
    let done = sqlx::query(
        "UPDATE deliveries
         SET phase = 'DOT', lease_until = $4,
             content_sha256 = CASE ambiguous_resends WHEN 0 THEN $5 ELSE content_sha256 END
         WHERE organization_id = $1 AND delivery_id = $2 AND lease_token = $3",
    )
    .bind(lease.organization.as_uuid())
    .bind(lease.delivery.as_uuid())
    .bind(lease.token)
    .bind(until)
    .bind(sha256.as_slice())
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Locks deliveries whose lease has ended without an outcome: their worker is gone, or has lost touch.
pub async fn lock_expired(
    tx: &mut PgConnection,
    now: OffsetDateTime,
    limit: i64,
) -> Result<Vec<Claimed>, DatabaseError> {
    let rows: Vec<ClaimedRow> = sqlx::query_as(
        "SELECT organization_id, delivery_id, lease_token, subject, purpose, generation, request,
                template_version, message_id, create_time, attempts, deferrals, breaks, unasked, ambiguous_resends, content_sha256,
                phase, server_reply,
                next_attempt_time AS due_time, traceparent
         FROM deliveries
         WHERE state = 'SENDING' AND lease_until <= $1 AND purpose = ANY ($3) AND phase = ANY ($4)
         ORDER BY lease_until
         LIMIT $2
         FOR UPDATE SKIP LOCKED",
    )
    .bind(now)
    .bind(limit)
    .bind(Purpose::WORDS)
    .bind(Phase::WORDS)
    .fetch_all(tx)
    .await?;
    Ok(readable(rows))
}
