//! Events of one aggregate are applied in order, whatever is retried.

use muster_messaging::HandlingError;
use muster_testkit::eventually;

use crate::world::{Recorder, World, fresh};

#[tokio::test(flavor = "multi_thread")]
async fn order_is_kept_for_each_aggregate() {
    const AGGREGATES: usize = 40;
    const EVENTS: i64 = 15;
    let world = World::new().await;
    let _relay = world.relay(world.broker.broker());
    let _second = world.relay(world.broker.broker());
    let flaky = |_: &_| match rand::random_range(0..10) {
        0..3 => Err(HandlingError::Transient("a third of the time".to_owned())),
        _ => Ok(()),
    };
    let _consumer = world.consumer(world.broker.as_service("employment"), Recorder::failing(flaky));

    let aggregates: Vec<_> = (0..AGGREGATES).map(|_| fresh()).collect();
    for sequence in 1..=EVENTS {
        for aggregate in &aggregates {
            world.publish(*aggregate, sequence).await;
        }
    }
    let all = i64::try_from(AGGREGATES).unwrap() * EVENTS;
    eventually(async || world.applied().await >= all).await;
    let expected: Vec<i64> = (1..=EVENTS).collect();
    for (aggregate, sequences) in world.applied_sequences().await {
        assert_eq!(sequences, expected, "{aggregate}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_event_does_not_hold_other_aggregates() {
    let world = World::new().await;
    let _relay = world.relay(world.broker.broker());
    let stuck = fresh();
    let handler = Recorder::failing(move |event| {
        if event.aggregate == stuck {
            Err(HandlingError::Transient("away".to_owned()))
        } else {
            Ok(())
        }
    });
    let _consumer = world.consumer(world.broker.as_service("employment"), handler);
    world.publish(stuck, 1).await;
    world.publish(stuck, 2).await;
    for _ in 0..20 {
        world.publish(fresh(), 1).await;
    }
    eventually(async || world.applied().await == 20).await;
    assert!(!world.applied_sequences().await.contains_key(&stuck));
}
