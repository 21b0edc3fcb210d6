//! Which events have been applied.

use muster_database::DatabaseError;
use sqlx::PgConnection;

use crate::Received;

/// Whether this transaction is the one that applies the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The event is new: its row is part of this transaction.
    New,
    /// It has been applied before. A second delivery that arrives during the first waits for its transaction here.
    AlreadyApplied,
}

/// Records the event in the caller's transaction.
pub(crate) async fn claim(tx: &mut PgConnection, event: &Received) -> Result<Claim, DatabaseError> {
    let inserted = sqlx::query(
        "INSERT INTO inbox (id, event_type, aggregate_id, aggregate_seq) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(event.id.as_uuid())
    .bind(event.event_type.routing_key())
    .bind(event.aggregate)
    .bind(event.sequence)
    .execute(tx)
    .await?;
    Ok(if inserted.rows_affected() == 1 {
        Claim::New
    } else {
        Claim::AlreadyApplied
    })
}
