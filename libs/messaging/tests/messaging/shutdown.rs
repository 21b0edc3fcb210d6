//! Stopping in order finishes what is being applied and gives back the rest.

use std::sync::Arc;

use async_trait::async_trait;
use muster_messaging::topology::EMPLOYMENT;
use muster_messaging::{Handler, HandlingError, Received};
use muster_proto::invitation::v1::InvitationAcceptedEvent;
use muster_testkit::eventually;
use sqlx::PgConnection;
use tokio::sync::Semaphore;

use crate::fixture::{Fixture, fresh};

/// Says when it has begun, and goes on when it may.
struct Slow {
    begun: Arc<Semaphore>,
    may_go_on: Arc<Semaphore>,
}

#[async_trait]
impl Handler for Slow {
    type Event = InvitationAcceptedEvent;
    type Prepared = ();

    async fn prepare(&self, _: &Received, _: InvitationAcceptedEvent) -> Result<(), HandlingError> {
        Ok(())
    }

    async fn apply(&self, tx: &mut PgConnection, event: &Received, (): ()) -> Result<(), HandlingError> {
        self.begun.add_permits(1);
        drop(self.may_go_on.acquire().await);
        sqlx::query("INSERT INTO applied (event_id, aggregate, sequence) VALUES ($1, $2, $3)")
            .bind(event.id.as_uuid())
            .bind(event.aggregate)
            .bind(event.sequence)
            .execute(tx)
            .await?;
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_being_applied_is_finished_and_acked() {
    let fixture = Fixture::new().await;
    let _relay = fixture.relay(fixture.broker.broker());
    let (begun, may_go_on) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let handler = Slow {
        begun: Arc::clone(&begun),
        may_go_on: Arc::clone(&may_go_on),
    };
    let consumer = fixture.consumer(fixture.broker.as_service("employment"), handler);
    let aggregate = fresh();
    fixture.publish(aggregate, 1).await;
    fixture.publish(aggregate, 2).await;
    drop(begun.acquire().await);

    let stopping = tokio::spawn(consumer.stop());
    // Until a message stays in the queue: then the consumer is cancelled at the broker.
    eventually(async || {
        fixture.publish(fresh(), 1).await;
        fixture.waiting(EMPLOYMENT.name).await > 0
    })
    .await;
    // The first event is in the middle of its transaction, the second waits behind it.
    assert!(!stopping.is_finished());
    may_go_on.add_permits(100);
    stopping.await.unwrap();
    eventually(async || fixture.pending().await == 0).await;
    assert_eq!(fixture.applied_sequences().await[&aggregate], [1]);
    let facts = fixture.publisher.count("SELECT count(*) FROM fact").await;
    let left = i64::from(fixture.waiting(EMPLOYMENT.name).await);
    assert_eq!(
        left,
        facts - fixture.applied().await,
        "only what was not applied comes again"
    );
}
