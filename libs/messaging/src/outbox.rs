//! Events in the transaction of the fact that they tell of.

mod claim;

pub(crate) use claim::{Backlog, Lease, OutboxRow, backlog, claim, mark_published, postpone};

use muster_database::DatabaseError;
use muster_ids::{EventId, OrganizationId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::Event;

/// What is said about an event besides its payload.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// A fresh UUIDv7 of the clock: the message id, the same at every attempt and redelivery.
    pub id: EventId,
    /// The organization it belongs to.
    pub organization: OrganizationId,
    /// The thing that changed. Events of one aggregate are published in the order of `sequence`.
    pub aggregate: Uuid,
    /// The version of that thing, raised under its row lock in this transaction (so that a later one never commits
    /// first). A transaction that publishes two events of one aggregate raises the version twice. From 1.
    pub sequence: i64,
    /// Domain time of the fact.
    pub time: OffsetDateTime,
    /// Who caused it: `person:<uuid>`, `workload:<name>` or `service:<name>`.
    pub actor: String,
    /// W3C trace context to continue; `None`: the current span's.
    pub traceparent: Option<String>,
}

/// Writes the event into the outbox of the caller's transaction. It is published after the commit, or never.
///
/// # Errors
/// [`DatabaseError::Conflict`] when the aggregate already has an event of this sequence: the version was not raised.
pub async fn append<E: Event>(
    tx: &mut PgConnection,
    event: NewEvent,
    payload: &E,
) -> Result<(), DatabaseError> {
    let traceparent = event
        .traceparent
        .or_else(muster_telemetry::propagation::current_traceparent);
    sqlx::query(
        "INSERT INTO outbox (id, organization_id, aggregate_id, aggregate_seq, event_type, payload, event_time, actor,
                             traceparent)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(event.id.as_uuid())
    .bind(event.organization.as_uuid())
    .bind(event.aggregate)
    .bind(event.sequence)
    .bind(E::TYPE.routing_key())
    .bind(payload.encode_to_vec())
    .bind(event.time)
    .bind(event.actor)
    .bind(traceparent)
    .execute(tx)
    .await?;
    Ok(())
}
