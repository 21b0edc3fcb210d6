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

/// Each transaction leaves its number in the rows that it writes.
const TRANSACTIONS: &str = "SELECT count(DISTINCT xmin::text) FROM inbox";

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_applied_in_few_transactions() {
    let fixture = Fixture::new().await;
    let _relay = fixture.relay(fixture.broker.broker());
    for number in 1..=400 {
        fixture.publish(fresh(), number).await;
    }
    let queue = muster_messaging::topology::EMPLOYMENT.name;
    eventually(async || fixture.waiting(queue).await == 400).await;
    let _consumer = fixture.consumer(fixture.broker.as_service("employment"), Recorder::new());
    eventually(async || fixture.applied().await == 400).await;
    let transactions = fixture.consumer.count(TRANSACTIONS).await;
    assert!(transactions <= 100, "{transactions} transactions");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_keeps_none_of_those_that_were_applied_with_it() {
    let fixture = Fixture::new().await;
    let _relay = fixture.relay(fixture.broker.broker());
    let stuck = fresh();
    for number in 1..=100 {
        let aggregate = if number == 50 { stuck } else { fresh() };
        fixture.publish(aggregate, number).await;
    }
    let queue = muster_messaging::topology::EMPLOYMENT.name;
    eventually(async || fixture.waiting(queue).await == 100).await;
    let handler = Recorder::failing(move |event| match event.aggregate == stuck {
        true => Err(muster_messaging::HandlingError::Transient("away".to_owned())),
        false => Ok(()),
    });
    let _consumer = fixture.consumer(fixture.broker.as_service("employment"), handler);
    eventually(async || fixture.applied().await == 99).await;
    assert_eq!(fixture.consumer.count("SELECT count(*) FROM inbox").await, 99);
    assert!(!fixture.applied_sequences().await.contains_key(&stuck));
}
