//! A publishing service, a consuming service, and the broker between them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use muster_clock::Clock;
use muster_database::{Database, DatabaseError};
use muster_ids::{EventId, OrganizationId};
use muster_messaging::outbox::{self, NewEvent};
use muster_messaging::{
    Broker, Event, Handler, Handlers, HandlingError, Received, consumer, relay, topology,
};
use muster_proto::invitation::v1::InvitationAcceptedEvent;
use muster_testkit::{TestBroker, TestDatabase};
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{PgConnection, SqlSafeStr};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Facts stand for the publisher's own tables, `applied` for the consumer's: deliberately without a unique key.
const OWN_SQL: &str = "
    CREATE TABLE fact (event_id uuid PRIMARY KEY, aggregate uuid NOT NULL, sequence bigint NOT NULL);
    CREATE TABLE applied (
        position bigint GENERATED ALWAYS AS IDENTITY,
        event_id uuid NOT NULL, aggregate uuid NOT NULL, sequence bigint NOT NULL);
    CREATE TABLE projection (aggregate uuid PRIMARY KEY, sequence bigint NOT NULL);";

static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| {
    Migrator::with_migrations(vec![Migration::new(
        1,
        "own".into(),
        MigrationType::Simple,
        OWN_SQL.into_sql_str(),
        false,
    )])
});

pub(crate) struct Fixture {
    pub(crate) publisher: TestDatabase,
    pub(crate) consumer: TestDatabase,
    pub(crate) broker: TestBroker,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        Self {
            publisher: TestDatabase::new(&MIGRATOR, "publisher").await,
            consumer: TestDatabase::new(&MIGRATOR, "consumer").await,
            broker: TestBroker::new("invitation").await,
        }
    }

    /// The relay of the publishing service.
    pub(crate) fn relay(&self, broker: Broker) -> Running {
        self.relay_at(broker, Clock::system())
    }

    /// The same by another clock.
    pub(crate) fn relay_at(&self, broker: Broker, clock: Clock) -> Running {
        let db = self.publisher.database();
        Running::start(|shutdown| relay::run(db, broker, "invitation", clock, shutdown))
    }

    /// The consumer of the employment service.
    pub(crate) fn consumer<H: Handler>(&self, broker: Broker, handler: H) -> Running {
        self.consumer_on(self.consumer.database(), broker, handler)
    }

    /// The same with another way to its database.
    pub(crate) fn consumer_on<H: Handler>(&self, db: Database, broker: Broker, handler: H) -> Running {
        Self::consuming(db, broker, handler, Clock::system())
    }

    /// The same by another clock.
    pub(crate) fn consumer_at<H: Handler>(&self, broker: Broker, handler: H, clock: Clock) -> Running {
        Self::consuming(self.consumer.database(), broker, handler, clock)
    }

    fn consuming<H: Handler>(db: Database, broker: Broker, handler: H, clock: Clock) -> Running {
        let handlers = Handlers::of(&topology::EMPLOYMENT).on(handler);
        Running::start(|shutdown| consumer::run(db, broker, handlers, clock, shutdown))
    }

    /// Commits a fact and its event. On a machine that is busy the pool may give up: tried again, as a client would.
    pub(crate) async fn publish(&self, aggregate: Uuid, sequence: i64) -> EventId {
        let event = new_event(aggregate, sequence);
        loop {
            match self
                .commit(event.clone(), InvitationAcceptedEvent::default())
                .await
            {
                Err(error) if error.is_transient() => {}
                // The commit whose answer was lost.
                Err(DatabaseError::Conflict { constraint, .. }) if constraint == "fact_pkey" => {
                    return event.id;
                }
                done => return done.unwrap(),
            }
        }
    }

    pub(crate) async fn publish_as<E: Event>(
        &self,
        aggregate: Uuid,
        sequence: i64,
        payload: E,
    ) -> Result<EventId, DatabaseError> {
        self.commit(new_event(aggregate, sequence), payload).await
    }

    async fn commit<E: Event>(&self, event: NewEvent, payload: E) -> Result<EventId, DatabaseError> {
        self.publisher
            .database()
            .write(async |tx| {
                let id = event.id;
                sqlx::query("INSERT INTO fact (event_id, aggregate, sequence) VALUES ($1, $2, $3)")
                    .bind(id.as_uuid())
                    .bind(event.aggregate)
                    .bind(event.sequence)
                    .execute(&mut *tx)
                    .await?;
                outbox::append(tx, event, &payload).await?;
                Ok(id)
            })
            .await
    }

    pub(crate) async fn pending(&self) -> i64 {
        self.publisher
            .count("SELECT count(*) FROM outbox WHERE published_at IS NULL")
            .await
    }

    pub(crate) async fn applied(&self) -> i64 {
        self.consumer.count("SELECT count(*) FROM applied").await
    }

    /// Lets 30 seconds pass, as far as dead relays are concerned.
    pub(crate) async fn expire_leases(&self) {
        self.publisher
            .execute(
                "UPDATE outbox SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL",
            )
            .await;
    }

    /// Applied events of each aggregate, in the order in which they were applied.
    pub(crate) async fn applied_sequences(&self) -> BTreeMap<Uuid, Vec<i64>> {
        let rows: Vec<(Uuid, i64)> =
            sqlx::query_as("SELECT aggregate, sequence FROM applied ORDER BY position")
                .fetch_all(&mut self.consumer.connection().await)
                .await
                .unwrap();
        let mut sequences: BTreeMap<Uuid, Vec<i64>> = BTreeMap::new();
        for (aggregate, sequence) in rows {
            sequences.entry(aggregate).or_default().push(sequence);
        }
        sequences
    }

    /// Messages that wait in a queue, not counting those that a consumer has taken.
    pub(crate) async fn waiting(&self, queue: &str) -> u32 {
        self.declared(queue).await.message_count()
    }

    /// How many consumers the broker knows of at a queue.
    pub(crate) async fn consumers(&self, queue: &str) -> u32 {
        self.declared(queue).await.consumer_count()
    }

    async fn declared(&self, queue: &str) -> lapin::Queue {
        let (_connection, channel) = self.broker.channel().await;
        let name = self.broker.broker().name(queue);
        let passive = lapin::options::QueueDeclareOptions {
            passive: true,
            ..Default::default()
        };
        channel
            .queue_declare(name.into(), passive, Default::default())
            .await
            .unwrap()
    }
}

pub(crate) fn new_event(aggregate: Uuid, sequence: i64) -> NewEvent {
    let clock = Clock::system();
    NewEvent {
        id: EventId::from_uuid(clock.new_uuid()),
        organization: OrganizationId::from_uuid(Uuid::from_u128(1)),
        aggregate,
        sequence,
        time: clock.now(),
        actor: "service:invitation".to_owned(),
        traceparent: None,
    }
}

pub(crate) fn fresh() -> Uuid {
    Clock::system().new_uuid()
}

/// A task that runs until it is told to stop, or killed.
pub(crate) struct Running {
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn start<F>(run: impl FnOnce(CancellationToken) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(run(shutdown.clone()));
        Self { shutdown, task }
    }

    /// Asks it to stop and waits.
    pub(crate) async fn stop(mut self) {
        self.shutdown.cancel();
        (&mut self.task).await.unwrap();
    }

    /// Takes it away wherever it is.
    pub(crate) async fn kill(mut self) {
        self.task.abort();
        drop((&mut self.task).await);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Decides what goes wrong before an event is applied.
pub(crate) type Fault = dyn Fn(&Received) -> Result<(), HandlingError> + Send + Sync;

/// Writes down what it applies.
pub(crate) struct Recorder {
    fault: Box<Fault>,
    attempts: Arc<AtomicU32>,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Self::failing(|_| Ok(()))
    }

    pub(crate) fn failing(
        fault: impl Fn(&Received) -> Result<(), HandlingError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            fault: Box::new(fault),
            attempts: Arc::default(),
        }
    }

    /// Counts attempts, also those that never got as far as the database.
    pub(crate) fn attempts(&self) -> Arc<AtomicU32> {
        Arc::clone(&self.attempts)
    }
}

#[async_trait]
impl Handler for Recorder {
    type Event = InvitationAcceptedEvent;
    type Prepared = ();
    const BATCH_SIZE: usize = 100;

    async fn prepare(&self, _: &Received, _: InvitationAcceptedEvent) -> Result<(), HandlingError> {
        self.attempts.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    async fn apply(&self, tx: &mut PgConnection, event: &Received, _: ()) -> Result<(), HandlingError> {
        sqlx::query("INSERT INTO applied (event_id, aggregate, sequence) VALUES ($1, $2, $3)")
            .bind(event.id.as_uuid())
            .bind(event.aggregate)
            .bind(event.sequence)
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "INSERT INTO projection (aggregate, sequence) VALUES ($1, $2)
             ON CONFLICT (aggregate) DO UPDATE SET sequence = EXCLUDED.sequence
              WHERE projection.sequence < EXCLUDED.sequence",
        )
        .bind(event.aggregate)
        .bind(event.sequence)
        .execute(tx)
        .await?;
        // After the work: what fails here must leave nothing behind.
        (self.fault)(event)
    }
}
