//! What the relay does with outbox rows: claim, mark, postpone.
//!
//! Leases and due times are compared with the database's own clock, not the domain's: all relays of a service share
//! it. Each function is one statement, so it is its own short transaction; it goes through `Database::read`, because it wakes
//! nobody.

use std::time::Duration;

use bytes::Bytes;
use muster_database::{Database, DatabaseError, lease_is_free};
use muster_ids::{EventId, OrganizationId};
use sqlx::FromRow;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{EventType, Received};

/// A relay's right to work on the rows of one claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lease(pub(crate) Uuid);

/// How long other relays keep off. Longer than a batch can take, so only a relay that is frozen or cut off lets one expire.
const LEASE_SECONDS: f64 = 30.0;

/// A claimed row.
#[derive(Debug)]
pub(crate) struct OutboxRow {
    pub(crate) event: Received,
    pub(crate) attempts: u32,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    organization_id: Uuid,
    aggregate_id: Uuid,
    aggregate_seq: i64,
    event_type: String,
    payload: Vec<u8>,
    event_time: OffsetDateTime,
    actor: String,
    traceparent: Option<String>,
    attempts: i32,
}

impl TryFrom<Row> for OutboxRow {
    type Error = DatabaseError;

    fn try_from(row: Row) -> Result<Self, DatabaseError> {
        let event_type = EventType::of_routing_key(&row.event_type)
            .ok_or_else(|| DatabaseError::Inconsistent(format!("outbox: no event {}", row.event_type)))?;
        let event = Received {
            id: EventId::from_uuid(row.id),
            event_type,
            organization: OrganizationId::from_uuid(row.organization_id),
            aggregate: row.aggregate_id,
            sequence: row.aggregate_seq,
            time: row.event_time,
            actor: row.actor,
            traceparent: row.traceparent,
            payload: Bytes::from(row.payload),
        };
        Ok(Self {
            event,
            attempts: u32::try_from(row.attempts).unwrap_or_default(),
        })
    }
}

/// Siblings are asked for with a subquery that can only be answered row by row, through `outbox_head`. `NOT EXISTS` is
/// a join to the planner, and on a table that has not been analyzed since it was empty it compares every waiting row
/// with every other.
const CLAIM: &str = concat!(
    "WITH head AS (
         SELECT o.id FROM outbox o
          WHERE o.published_at IS NULL AND o.next_attempt_at <= now() AND ",
    lease_is_free!("now()"),
    "       AND o.event_type = ANY ($1)
            AND o.aggregate_seq = (
                SELECT min(first.aggregate_seq) FROM outbox first
                 WHERE first.aggregate_id = o.aggregate_id AND first.published_at IS NULL)
          ORDER BY o.next_attempt_at, o.id
          LIMIT $2
          FOR UPDATE OF o SKIP LOCKED)
     UPDATE outbox
        SET lease_token = $3, lease_until = now() + make_interval(secs => $4), attempts = attempts + 1
       FROM head
      WHERE outbox.id = head.id
  RETURNING outbox.id, organization_id, aggregate_id, aggregate_seq, event_type, payload, event_time, actor,
            traceparent, attempts"
);

/// Claims up to `limit` heads: due rows that no one else works on and that have no earlier unpublished sibling. A row
/// of a type that this version does not know (written by a newer one during an upgrade) is left to the others.
pub(crate) async fn claim(db: &Database, lease: Lease, limit: i64) -> Result<Vec<OutboxRow>, DatabaseError> {
    let known: Vec<&'static str> = EventType::ALL.iter().map(|event| event.routing_key()).collect();
    let rows: Vec<Row> = db
        .read(async |connection| {
            let rows = sqlx::query_as(CLAIM)
                .bind(known)
                .bind(limit)
                .bind(lease.0)
                .bind(LEASE_SECONDS)
                .fetch_all(connection)
                .await?;
            Ok::<_, DatabaseError>(rows)
        })
        .await?;
    rows.into_iter().map(OutboxRow::try_from).collect()
}

/// Marks rows whose messages the broker has taken. Rows that another relay has claimed since are left to it. A row that
/// has a lease is not published; saying so again would let the planner look through all that wait for the few it has the
/// ids of.
pub(crate) async fn mark_published(db: &Database, lease: Lease, ids: &[Uuid]) -> Result<u64, DatabaseError> {
    db.read(async |connection| {
        let done = sqlx::query(
            "UPDATE outbox SET published_at = now(), lease_token = NULL, lease_until = NULL
                  WHERE id = ANY ($1) AND lease_token = $2",
        )
        .bind(ids)
        .bind(lease.0)
        .execute(connection)
        .await?;
        Ok(done.rows_affected())
    })
    .await
}

/// Gives rows back that were not published, each to be tried again after its wait.
pub(crate) async fn postpone(
    db: &Database,
    lease: Lease,
    rows: &[(Uuid, Duration)],
) -> Result<(), DatabaseError> {
    let (ids, waits): (Vec<Uuid>, Vec<f64>) = rows.iter().map(|(id, wait)| (*id, wait.as_secs_f64())).unzip();
    db.read(async |connection| {
        sqlx::query(
            "UPDATE outbox
                    SET next_attempt_at = now() + make_interval(secs => given.wait),
                        lease_token = NULL, lease_until = NULL
                   FROM unnest($1::uuid[], $2::double precision[]) AS given (id, wait)
                  WHERE outbox.id = given.id AND lease_token = $3",
        )
        .bind(ids)
        .bind(waits)
        .bind(lease.0)
        .execute(connection)
        .await?;
        Ok(())
    })
    .await
}

/// What waits to be published.
#[derive(Debug, Clone, Copy, FromRow)]
pub(crate) struct Backlog {
    pub(crate) pending: i64,
    /// Age of the oldest waiting row in seconds; zero when none waits.
    pub(crate) oldest_seconds: f64,
}

/// Counts what waits to be published.
pub(crate) async fn backlog(db: &Database) -> Result<Backlog, DatabaseError> {
    db.read(async |connection| {
            let backlog = sqlx::query_as(
                "SELECT count(*) AS pending,
                        coalesce(extract(epoch FROM now() - min(created_at)), 0)::double precision AS oldest_seconds
                   FROM outbox WHERE published_at IS NULL",
            )
            .fetch_one(connection)
            .await?;
            Ok(backlog)
        })
    .await
}
