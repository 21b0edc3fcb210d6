//! Events of one aggregate are applied in order, whatever is retried.

use muster_messaging::HandlingError;
use muster_testkit::eventually;

use crate::fixture::{Fixture, Recorder, fresh};

#[tokio::test(flavor = "multi_thread")]
async fn order_is_kept_for_each_aggregate() {
    const AGGREGATES: usize = 40;
    const EVENTS: i64 = 15;
    let fixture = Fixture::new().await;
    let _relay = fixture.relay(fixture.broker.broker());
    let _second = fixture.relay(fixture.broker.broker());
    let flaky = |_: &_| match rand::random_range(0..10) {
        0..3 => Err(HandlingError::Transient("a third of the time".to_owned())),
        _ => Ok(()),
    };
    let _consumer = fixture.consumer(fixture.broker.as_service("employment"), Recorder::failing(flaky));

    let aggregates: Vec<_> = (0..AGGREGATES).map(|_| fresh()).collect();
    for sequence in 1..=EVENTS {
        for aggregate in &aggregates {
            fixture.publish(*aggregate, sequence).await;
        }
    }
    let all = i64::try_from(AGGREGATES).unwrap() * EVENTS;
    eventually(async || fixture.applied().await >= all).await;
    let expected: Vec<i64> = (1..=EVENTS).collect();
    for (aggregate, sequences) in fixture.applied_sequences().await {
        assert_eq!(sequences, expected, "{aggregate}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_event_does_not_hold_other_aggregates() {
    let fixture = Fixture::new().await;
    let _relay = fixture.relay(fixture.broker.broker());
    let stuck = fresh();
    let handler = Recorder::failing(move |event| {
        if event.aggregate == stuck {
            Err(HandlingError::Transient("away".to_owned()))
        } else {
            Ok(())
        }
    });
    let _consumer = fixture.consumer(fixture.broker.as_service("employment"), handler);
    fixture.publish(stuck, 1).await;
    fixture.publish(stuck, 2).await;
    for _ in 0..20 {
        fixture.publish(fresh(), 1).await;
    }
    eventually(async || fixture.applied().await == 20).await;
    assert!(!fixture.applied_sequences().await.contains_key(&stuck));
}
