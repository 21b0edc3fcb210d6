//! Nothing is lost, invented or applied twice while relays and consumers are killed and connections are cut.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use muster_messaging::Broker;
use muster_testkit::eventually;

use crate::proxy::{Proxy, by_way_of, host_of};
use crate::world::{Recorder, Running, World, fresh};

const AGGREGATES: usize = 60;
const EVENTS: i64 = 20;
const KILLS: usize = 150;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_applied_twice_while_everything_is_killed() {
    let world = World::new().await;
    let proxy = Proxy::to(&host_of(world.broker.url())).await;
    let broker = world.broker.through(&by_way_of(&proxy, world.broker.url()));
    let kills = AtomicUsize::new(0);
    tokio::join!(write(&world, &kills), trouble(&world, &proxy, &broker, &kills));

    world.expire_leases().await;
    let _relay = world.relay(broker.clone());
    let _consumer = world.consumer(broker, Recorder::new());
    let all = i64::try_from(AGGREGATES).unwrap() * EVENTS;
    eventually(async || world.pending().await == 0).await;
    eventually(async || world.applied().await >= all).await;
    eventually(async || world.waiting(muster_messaging::topology::EMPLOYMENT.name).await == 0).await;

    assert_eq!(world.publisher.count("SELECT count(*) FROM fact").await, all);
    assert_eq!(world.applied().await, all, "applied twice or invented");
    let expected: Vec<i64> = (1..=EVENTS).collect();
    for (aggregate, mut sequences) in world.applied_sequences().await {
        // A consumer that dies holds its messages until the broker notices, while its successor already gets later
        // ones: after a death an event may come late, and what keeps projections right is the sequence.
        sequences.sort_unstable();
        assert_eq!(sequences, expected, "{aggregate}");
    }
    let current = "SELECT count(*) FROM projection WHERE sequence = 20";
    assert_eq!(
        world.consumer.count(current).await,
        i64::try_from(AGGREGATES).unwrap()
    );
    assert_eq!(
        world.waiting(muster_messaging::topology::EMPLOYMENT.parked).await,
        0
    );
}

/// Spread over all the killing: each round waits for its share of it.
async fn write(world: &World, kills: &AtomicUsize) {
    let aggregates: Vec<_> = (0..AGGREGATES).map(|_| fresh()).collect();
    let rounds = usize::try_from(EVENTS).unwrap();
    for (round, sequence) in (1..=EVENTS).enumerate() {
        let share = KILLS * round / rounds;
        eventually(async || kills.load(Ordering::Relaxed) >= share).await;
        for aggregate in &aggregates {
            world.publish(*aggregate, sequence).await;
        }
    }
}

/// One relay and one consumer; after a random while one of them dies, or the connections do: in the middle of anything.
async fn trouble(world: &World, proxy: &Proxy, broker: &Broker, kills: &AtomicUsize) {
    let mut relay = world.relay(broker.clone());
    let mut consumer = world.consumer(broker.clone(), Recorder::new());
    for _ in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(rand::random_range(5..120))).await;
        match rand::random_range(0..5) {
            0 | 1 => {
                kill_and_wait(world, relay).await;
                relay = world.relay(broker.clone());
            }
            2 | 3 => {
                consumer.kill().await;
                consumer = world.consumer(broker.clone(), Recorder::new());
            }
            _ => proxy.cut(),
        }
        kills.fetch_add(1, Ordering::Relaxed);
    }
    relay.kill().await;
    consumer.kill().await;
}

async fn kill_and_wait(world: &World, relay: Running) {
    relay.kill().await;
    world.expire_leases().await;
}
