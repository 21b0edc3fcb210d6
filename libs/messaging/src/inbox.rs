//! Which events have been applied.

use std::collections::HashSet;

use muster_database::DatabaseError;
use sqlx::PgConnection;
use uuid::Uuid;

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

/// Records the events in the caller's transaction, and gives the ids of those that are new to it. In the order of their ids:
/// two transactions that record the same events do not wait for each other in a circle.
pub(crate) async fn claim_all<'a>(
    tx: &mut PgConnection,
    events: impl Iterator<Item = &'a Received> + Clone,
) -> Result<HashSet<Uuid>, DatabaseError> {
    let column = |value: fn(&Received) -> Uuid| -> Vec<Uuid> { events.clone().map(value).collect() };
    let types: Vec<&str> = events
        .clone()
        .map(|event| event.event_type.routing_key())
        .collect();
    let sequences: Vec<i64> = events.clone().map(|event| event.sequence).collect();
    let new: Vec<Uuid> = sqlx::query_scalar(
        "INSERT INTO inbox (id, event_type, aggregate_id, aggregate_seq)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[])
           AS taken (id, event_type, aggregate_id, aggregate_seq)
         ORDER BY id
         ON CONFLICT (id) DO NOTHING
         RETURNING id",
    )
    .bind(column(|event| event.id.as_uuid()))
    .bind(types)
    .bind(column(|event| event.aggregate))
    .bind(sequences)
    .fetch_all(tx)
    .await?;
    Ok(new.into_iter().collect())
}
