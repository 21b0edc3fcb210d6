//! Another service as far as a consumer sees it: events through a real outbox, relay and broker.

use muster_clock::Clock;
use muster_database::DatabaseError;
use muster_ids::{EventId, OrganizationId};
use muster_messaging::outbox::{self, NewEvent};
use muster_messaging::{Broker, Event, relay};
use sqlx::migrate::Migrator;
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use crate::TestDatabase;

/// An outbox of its own, relayed into the corner of the broker of one test until it is dropped.
#[derive(Debug)]
pub struct Publisher {
    database: TestDatabase,
    clock: Clock,
    _stop: DropGuard,
}

impl Publisher {
    /// Publishes in the name of `broker`'s service. `consumer` is the service under test and `migrator` its schema, in
    /// which every service has an outbox.
    pub async fn start(migrator: &Migrator, consumer: &str, broker: Broker, clock: Clock) -> Self {
        let database = TestDatabase::new(migrator, consumer).await;
        let stop = CancellationToken::new();
        let service = broker.service();
        tokio::spawn(relay::run(database.database(), broker, service, stop.clone()));
        Self {
            database,
            clock,
            _stop: stop.drop_guard(),
        }
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
            actor: "service:test".to_owned(),
            traceparent: None,
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
            .write(move |tx| Box::pin(async move { outbox::append(tx, event, &payload).await }))
            .await
    }

    /// Publishes everything that was published once more, with the same ids.
    pub async fn publish_all_again(&self) {
        self.database
            .execute(
                "UPDATE outbox SET published_at = NULL, lease_token = NULL, lease_until = NULL, next_attempt_at = now()",
            )
            .await;
    }
}
