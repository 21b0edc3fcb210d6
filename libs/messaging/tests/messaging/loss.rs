//! Nothing is lost, invented or applied twice while relays and consumers are killed and connections are cut.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use muster_messaging::Broker;
use muster_testkit::eventually;

use crate::fixture::{Fixture, Recorder, Running, fresh};
use crate::proxy::{Proxy, by_way_of, host_of};

const AGGREGATES: usize = 60;
const EVENTS: i64 = 20;
const KILLS: usize = 150;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_applied_twice_while_everything_is_killed() {
    let fixture = Fixture::new().await;
    let proxy = Proxy::to(&host_of(fixture.broker.url())).await;
    let broker = fixture.broker.through(&by_way_of(&proxy, fixture.broker.url()));
    let kills = AtomicUsize::new(0);
    tokio::join!(
        write(&fixture, &kills),
        trouble(&fixture, &proxy, &broker, &kills)
    );

    fixture.expire_leases().await;
    let _relay = fixture.relay(broker.clone());
    let _consumer = fixture.consumer(broker, Recorder::new());
    let all = i64::try_from(AGGREGATES).unwrap() * EVENTS;
    eventually(async || fixture.pending().await == 0).await;
    eventually(async || fixture.applied().await >= all).await;
    eventually(async || fixture.waiting(muster_messaging::topology::EMPLOYMENT.name).await == 0).await;

    assert_eq!(fixture.publisher.count("SELECT count(*) FROM fact").await, all);
    assert_eq!(fixture.applied().await, all, "applied twice or invented");
    let expected: Vec<i64> = (1..=EVENTS).collect();
    for (aggregate, mut sequences) in fixture.applied_sequences().await {
        // A consumer that dies holds its messages until the broker notices, while its successor already gets later
        // ones: after a death an event may come late, and what keeps projections right is the sequence.
        sequences.sort_unstable();
        assert_eq!(sequences, expected, "{aggregate}");
    }
    let current = "SELECT count(*) FROM projection WHERE sequence = 20";
    assert_eq!(
        fixture.consumer.count(current).await,
        i64::try_from(AGGREGATES).unwrap()
    );
    assert_eq!(
        fixture
            .waiting(muster_messaging::topology::EMPLOYMENT.parked)
            .await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_is_killed_while_it_starts_holds_nothing() {
    let fixture = Fixture::new().await;
    let queue = muster_messaging::topology::EMPLOYMENT.name;
    for _ in 0..KILLS {
        let consumer = fixture.consumer(fixture.broker.broker(), Recorder::new());
        tokio::time::sleep(Duration::from_millis(rand::random_range(20..120))).await;
        consumer.kill().await;
    }
    eventually(async || fixture.consumers(queue).await == 0).await;
}

/// Spread over all the killing: each round waits for its share of it.
async fn write(fixture: &Fixture, kills: &AtomicUsize) {
    let aggregates: Vec<_> = (0..AGGREGATES).map(|_| fresh()).collect();
    let rounds = usize::try_from(EVENTS).unwrap();
    for (round, sequence) in (1..=EVENTS).enumerate() {
        let share = KILLS * round / rounds;
        eventually(async || kills.load(Ordering::Relaxed) >= share).await;
        for aggregate in &aggregates {
            fixture.publish(*aggregate, sequence).await;
        }
    }
}

/// One relay and one consumer; after a random while one of them dies, or the connections do: in the middle of anything.
async fn trouble(fixture: &Fixture, proxy: &Proxy, broker: &Broker, kills: &AtomicUsize) {
    let mut relay = fixture.relay(broker.clone());
    let mut consumer = fixture.consumer(broker.clone(), Recorder::new());
    for _ in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(rand::random_range(5..120))).await;
        match rand::random_range(0..5) {
            0 | 1 => {
                kill_and_wait(fixture, relay).await;
                relay = fixture.relay(broker.clone());
            }
            2 | 3 => {
                consumer.kill().await;
                consumer = fixture.consumer(broker.clone(), Recorder::new());
            }
            _ => proxy.cut(),
        }
        kills.fetch_add(1, Ordering::Relaxed);
    }
    relay.kill().await;
    consumer.kill().await;
}

async fn kill_and_wait(fixture: &Fixture, relay: Running) {
    relay.kill().await;
    fixture.expire_leases().await;
}
