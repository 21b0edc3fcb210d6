//! A message that kills the process every time is parked by the broker's delivery limit.

use std::sync::Arc;

use async_trait::async_trait;
use muster_clock::Clock;
use muster_messaging::topology::EMPLOYMENT;
use muster_messaging::{Handler, HandlingError, Received, parked};
use muster_proto::invitation::v1::InvitationAcceptedEvent;
use muster_testkit::eventually;
use sqlx::PgConnection;
use tokio::sync::Notify;

use crate::fixture::{Fixture, Recorder, fresh};

/// Gets stuck before it has done anything, and says so.
struct Stuck(Arc<Notify>);

#[async_trait]
impl Handler for Stuck {
    type Event = InvitationAcceptedEvent;
    type Prepared = ();

    async fn prepare(&self, _: &Received, _: InvitationAcceptedEvent) -> Result<(), HandlingError> {
        self.0.notify_one();
        std::future::pending().await
    }

    async fn apply(&self, _: &mut PgConnection, _: &Received, (): ()) -> Result<(), HandlingError> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_kills_every_consumer_is_parked() {
    let fixture = Fixture::new().await;
    let _relay = fixture.relay(fixture.broker.broker());
    let employment = fixture.broker.as_service("employment");
    let id = fixture.publish(fresh(), 1).await;
    let stuck = Arc::new(Notify::new());
    let mut deaths = 0;
    while fixture.waiting(EMPLOYMENT.parked).await == 0 {
        let consumer = fixture.consumer(employment.clone(), Stuck(Arc::clone(&stuck)));
        let taken = tokio::time::timeout(std::time::Duration::from_secs(5), stuck.notified()).await;
        consumer.kill().await;
        deaths += u32::from(taken.is_ok());
        assert!(deaths <= 25, "no delivery limit");
    }
    assert!(deaths >= 20, "parked after {deaths} deaths only");
    let listed = parked::list(&employment, &EMPLOYMENT, 10).await.unwrap();
    assert_eq!(listed[0].event.as_ref().unwrap().id, id);
    assert_eq!(listed[0].reason.as_deref(), Some("delivery_limit"));

    // A consumer that got well can have it.
    let clock = Clock::system();
    parked::retry(&employment, &EMPLOYMENT, parked::Selection::All, &clock)
        .await
        .unwrap();
    let _consumer = fixture.consumer(employment, Recorder::new());
    eventually(async || fixture.applied().await == 1).await;
}
