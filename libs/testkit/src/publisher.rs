//! Events through a real outbox, relay and broker: of services, and of a test that plays one.

use muster_clock::Clock;
use muster_database::DatabaseError;
use muster_ids::{EventId, OrganizationId};
use muster_messaging::outbox::{self, NewEvent};
use muster_messaging::{Broker, Event, relay};
use sqlx::migrate::Migrator;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use crate::{TestDatabase, eventually};

/// What a service has published, and is about to.
#[derive(Debug, Clone, Copy)]
pub struct Outbox<'a>(&'a TestDatabase);

impl<'a> Outbox<'a> {
    pub(crate) fn of(database: &'a TestDatabase) -> Self {
        Self(database)
    }

    /// The events of this type, published or not, in the order in which they were written, each with its sequence.
    pub async fn events<E: Event>(self) -> Vec<(i64, E)> {
        let rows: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT aggregate_seq, payload FROM outbox WHERE event_type = $1 ORDER BY created_at, id",
        )
        .bind(E::TYPE.routing_key())
        .fetch_all(&mut self.0.connection().await)
        .await
        .expect("the outbox is read");
        let read = |(sequence, payload): (i64, Vec<u8>)| {
            let event = E::decode(payload.as_slice()).expect("an event of its type");
            (sequence, event)
        };
        rows.into_iter().map(read).collect()
    }

    /// Publishes everything that was published once more, with the same ids.
    pub async fn publish_all_again(self) {
        self.0
            .execute(
                "UPDATE outbox SET published_at = NULL, lease_token = NULL, lease_until = NULL, next_attempt_at = now()",
            )
            .await;
    }

    /// Keeps back what is written from now on, until it is released: as if the broker were away for this service alone.
    pub async fn hold(self) {
        self.0
            .execute(
                "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
                 BEGIN NEW.next_attempt_at := now() + interval '1 day'; RETURN NEW; END $$;
                 CREATE TRIGGER held BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION hold()",
            )
            .await;
    }

    /// Publishes what was kept back.
    pub async fn release(self) {
        self.0
            .execute(
                "DROP TRIGGER held ON outbox;
                 DROP FUNCTION hold();
                 UPDATE outbox SET next_attempt_at = now() WHERE published_at IS NULL",
            )
            .await;
    }

    /// Waits until everything has been published.
    pub async fn drained(self) {
        let open = "SELECT count(*) FROM outbox WHERE published_at IS NULL";
        eventually(async || self.0.count(open).await == 0).await;
    }
}

/// Another service as far as a consumer sees it, for events that the real one would not publish, or not in this order:
/// an outbox of its own, relayed into the corner of the broker of one test until it is dropped.
#[derive(Debug)]
pub struct Publisher {
    database: TestDatabase,
    clock: Clock,
    actor: String,
    traceparent: Option<String>,
    _stop: DropGuard,
}

impl Publisher {
    /// Publishes in the name of `broker`'s service. `consumer` is the service under test and `migrator` its schema, in
    /// which every service has an outbox.
    pub async fn start(migrator: &Migrator, consumer: &str, broker: Broker, clock: Clock) -> Self {
        let database = TestDatabase::new(migrator, consumer).await;
        let stop = CancellationToken::new();
        let service = broker.service();
        tokio::spawn(relay::run(
            database.database(),
            broker,
            service,
            clock.clone(),
            stop.clone(),
        ));
        Self {
            database,
            clock,
            actor: format!("service:{service}"),
            traceparent: None,
            _stop: stop.drop_guard(),
        }
    }

    /// Publishes as if everything was caused by what has this `traceparent`.
    #[must_use]
    pub fn in_trace(mut self, traceparent: &str) -> Self {
        self.traceparent = Some(traceparent.to_owned());
        self
    }

    /// What was published.
    #[must_use]
    pub fn outbox(&self) -> Outbox<'_> {
        self.database.outbox()
    }

    /// Publishes an event; answers its id.
    ///
    /// # Panics
    /// When the database refuses it for good.
    pub async fn publish<E: Event + Clone + 'static>(
        &self,
        organization: OrganizationId,
        aggregate: Uuid,
        sequence: i64,
        payload: E,
    ) -> EventId {
        let id = EventId::from_uuid(self.clock.new_uuid());
        let event = NewEvent {
            id,
            organization,
            aggregate,
            sequence,
            time: self.clock.now(),
            actor: self.actor.clone(),
            traceparent: self.traceparent.clone(),
        };
        while let Err(error) = self.append(event.clone(), payload.clone()).await {
            // A busy machine is no failure, and an unknown outcome may have been a success.
            if error.constraint() == Some("outbox_pkey") {
                break;
            }
            assert!(error.is_transient(), "{error}");
        }
        id
    }

    async fn append<E: Event + 'static>(&self, event: NewEvent, payload: E) -> Result<(), DatabaseError> {
        let database = self.database.database();
        database
            .write(async |tx| outbox::append(tx, event, &payload).await)
            .await
    }
}
