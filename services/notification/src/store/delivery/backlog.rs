//! How much mail waits.

use std::time::Duration;

use muster_database::DatabaseError;
use sqlx::PgConnection;
use time::OffsetDateTime;

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Due, but not claimed.
    pub due: i64,
    /// Waiting for their time, the due ones included.
    pub waiting: i64,
    /// How long the oldest has been due.
    pub oldest: Duration,
}

/// Counts what waits, of all organizations.
pub async fn backlog(db: &mut PgConnection, now: OffsetDateTime) -> Result<Backlog, DatabaseError> {
    // The states are written out as in the index deliveries_due, which serves this.
    let (due, waiting, oldest): (i64, i64, Option<OffsetDateTime>) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE next_attempt_time <= $1), count(*), min(next_attempt_time)
         FROM deliveries
         WHERE state IN ('QUEUED', 'DEFERRED')",
    )
    .bind(now)
    .fetch_one(db)
    .await?;
    let oldest = oldest.map_or(Duration::ZERO, |at| (now - at).try_into().unwrap_or_default());
    Ok(Backlog { due, waiting, oldest })
}
