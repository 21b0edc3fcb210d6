//! Events in the transaction of the fact that they tell of.

mod claim;
mod operate;

pub(crate) use claim::{Backlog, Lease, OutboxRow, backlog, claim, mark_published, postpone};
pub use operate::{Again, Waiting, publish_again, waiting};

use muster_database::{DatabaseError, wake_relay_after_commit};
use muster_ids::{EventId, OrganizationId};
use sqlx::postgres::PgArguments;
use sqlx::{Arguments, Encode, PgConnection, Postgres, Type};
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
    let mut columns = Columns::default();
    columns.push(event, payload.encode_to_vec());
    insert::<E>(tx, columns).await
}

/// As [`append`], of many facts in one statement.
///
/// # Errors
/// As [`append`].
pub async fn append_all<E: Event>(
    tx: &mut PgConnection,
    events: Vec<(NewEvent, E)>,
) -> Result<(), DatabaseError> {
    let mut columns = Columns::default();
    for (event, payload) in events {
        columns.push(event, payload.encode_to_vec());
    }
    insert::<E>(tx, columns).await
}

/// Publishes in the caller's own statement: a part of its `WITH` that stands behind the part of this name, which gives
/// `aggregate_id` and `version` of what has changed. An event of an aggregate that is not among them is not published; the
/// version is its sequence. The parameters are those of a [`Publication`](crate::outbox::Publication), `$1` to `$8`: the caller's begin
/// with `$9`.
#[macro_export]
macro_rules! publish_changed {
    ($changed:literal) => {
        concat!(
            "published AS (
                 INSERT INTO outbox (event_type, id, organization_id, aggregate_id, aggregate_seq, payload, event_time, actor,
                                     traceparent)
                 SELECT $1, event.id, event.organization_id, event.aggregate_id, changed.version, event.payload, event.event_time,
                        event.actor, event.traceparent
                 FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::bytea[], $6::timestamptz[], $7::text[], $8::text[])
                   AS event (id, organization_id, aggregate_id, payload, event_time, actor, traceparent)
                 JOIN ",
            $changed,
            " AS changed ON changed.aggregate_id = event.aggregate_id)"
        )
    };
}

/// Events that a statement publishes with what they tell of: one statement, which may commit by itself. See
/// [`publish_changed!`](crate::publish_changed).
#[derive(Debug)]
pub struct Publication {
    event_type: &'static str,
    columns: Columns,
}

impl Publication {
    /// Of these events, one of an aggregate at most. Their `sequence` is not read: the statement knows it.
    pub fn new<E: Event>(events: impl IntoIterator<Item = (NewEvent, E)>) -> Self {
        let mut columns = Columns::default();
        for (event, payload) in events {
            columns.push(event, payload.encode_to_vec());
        }
        Self {
            event_type: E::TYPE.routing_key(),
            columns,
        }
    }

    /// The first parameters of the statement, in the unit of work that runs it: the relay is woken when that is committed.
    ///
    /// # Errors
    /// When they cannot be encoded.
    pub fn into_arguments(self) -> Result<PgArguments, DatabaseError> {
        let Self { event_type, columns } = self;
        columns.wake_relay();
        let mut arguments = PgArguments::default();
        encode(&mut arguments, event_type)?;
        encode(&mut arguments, columns.ids)?;
        encode(&mut arguments, columns.organizations)?;
        encode(&mut arguments, columns.aggregates)?;
        encode(&mut arguments, columns.payloads)?;
        encode(&mut arguments, columns.times)?;
        encode(&mut arguments, columns.actors)?;
        encode(&mut arguments, columns.traceparents)?;
        Ok(arguments)
    }
}

fn encode<'a, T>(arguments: &mut PgArguments, value: T) -> Result<(), DatabaseError>
where
    T: Encode<'a, Postgres> + Type<Postgres>,
{
    let added = Arguments::add(arguments, value).map_err(sqlx::Error::Encode);
    Ok(added?)
}

async fn insert<E: Event>(tx: &mut PgConnection, columns: Columns) -> Result<(), DatabaseError> {
    columns.wake_relay();
    sqlx::query(
        "INSERT INTO outbox (event_type, id, organization_id, aggregate_id, aggregate_seq, payload, event_time, actor,
                             traceparent)
         SELECT $1, * FROM UNNEST($2::uuid[], $3::uuid[], $4::uuid[], $5::bigint[], $6::bytea[], $7::timestamptz[],
                                  $8::text[], $9::text[])",
    )
    .bind(E::TYPE.routing_key())
    .bind(columns.ids)
    .bind(columns.organizations)
    .bind(columns.aggregates)
    .bind(columns.sequences)
    .bind(columns.payloads)
    .bind(columns.times)
    .bind(columns.actors)
    .bind(columns.traceparents)
    .execute(tx)
    .await?;
    Ok(())
}

/// Rows of the outbox by columns, as one statement takes them.
#[derive(Debug, Default)]
struct Columns {
    ids: Vec<Uuid>,
    organizations: Vec<Uuid>,
    aggregates: Vec<Uuid>,
    sequences: Vec<i64>,
    payloads: Vec<Vec<u8>>,
    times: Vec<OffsetDateTime>,
    actors: Vec<String>,
    traceparents: Vec<Option<String>>,
}

impl Columns {
    /// Once they can be seen, if there are any.
    fn wake_relay(&self) {
        if !self.ids.is_empty() {
            wake_relay_after_commit();
        }
    }

    fn push(&mut self, event: NewEvent, payload: Vec<u8>) {
        let current = muster_telemetry::propagation::current_traceparent;
        self.ids.push(event.id.as_uuid());
        self.organizations.push(event.organization.as_uuid());
        self.aggregates.push(event.aggregate);
        self.sequences.push(event.sequence);
        self.payloads.push(payload);
        self.times.push(event.time);
        self.actors.push(event.actor);
        self.traceparents.push(event.traceparent.or_else(current));
    }
}
