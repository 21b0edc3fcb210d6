//! A second delivery has no second effect.

use muster_testkit::eventually;

use crate::fixture::{Fixture, Recorder, fresh};

#[tokio::test(flavor = "multi_thread")]
async fn redelivery_has_one_effect() {
    let fixture = Fixture::new().await;
    let _relay = fixture.relay(fixture.broker.broker());
    for number in 0..100 {
        fixture.publish(fresh(), 1 + number % 3).await;
    }
    // Every message is published four times, as a relay does that dies before it has marked.
    for _ in 0..3 {
        eventually(async || fixture.pending().await == 0).await;
        fixture
            .publisher
            .execute("UPDATE outbox SET published_at = NULL")
            .await;
    }
    eventually(async || fixture.pending().await == 0).await;
    let queue = muster_messaging::topology::EMPLOYMENT.name;
    eventually(async || fixture.waiting(queue).await == 400).await;

    let consumer = fixture.consumer(fixture.broker.as_service("employment"), Recorder::new());
    eventually(async || fixture.waiting(queue).await == 0 && fixture.applied().await >= 100).await;
    consumer.stop().await;
    assert_eq!(fixture.applied().await, 100);
    assert_eq!(fixture.waiting(queue).await, 0, "an acked message came back");
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_work_leaves_no_inbox_row() {
    let fixture = Fixture::new().await;
    let _relay = fixture.relay(fixture.broker.broker());
    let attempts = std::sync::atomic::AtomicU32::new(0);
    let handler =
        Recorder::failing(
            move |_| match attempts.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
                0..4 => Err(muster_messaging::HandlingError::Transient("not yet".to_owned())),
                _ => Ok(()),
            },
        );
    let _consumer = fixture.consumer(fixture.broker.as_service("employment"), handler);
    fixture.publish(fresh(), 1).await;
    eventually(async || fixture.applied().await == 1).await;
    assert_eq!(fixture.consumer.count("SELECT count(*) FROM inbox").await, 1);
}
