//! While the consumer's database is away, messages are held: neither lost, nor parked, nor given back.

use std::sync::atomic::Ordering;

use muster_database::{Database, DatabaseOptions};
use muster_messaging::topology::EMPLOYMENT;
use muster_testkit::eventually;

use crate::fixture::{Fixture, Recorder, fresh};
use crate::proxy::{Mode, Proxy, by_way_of, host_of};

const PREFETCH: u32 = 100;
const PUBLISHED: u32 = 250;

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_held_while_the_database_is_away() {
    let fixture = Fixture::new().await;
    let proxy = Proxy::to(&host_of(fixture.consumer.url())).await;
    let options = DatabaseOptions::new(by_way_of(&proxy, fixture.consumer.url())).pool(8);
    let handler = Recorder::new();
    let attempts = handler.attempts();
    let _relay = fixture.relay(fixture.broker.broker());
    let employment = fixture.broker.as_service("employment");
    let _consumer = fixture.consumer_on(Database::connect(options).unwrap(), employment, handler);
    fixture.publish(fresh(), 1).await;
    eventually(async || fixture.applied().await == 1).await;

    proxy.set(Mode::Refuse);
    proxy.cut();
    for number in 1..=PUBLISHED {
        fixture.publish(fresh(), number.into()).await;
    }
    // More often than is tried with errors that nobody foresaw.
    eventually(async || attempts.load(Ordering::SeqCst) >= 8 * PREFETCH).await;
    // Prefetched messages are held by the consumer, the others stay in the queue; nothing moves on.
    assert_eq!(fixture.waiting(EMPLOYMENT.name).await, PUBLISHED - PREFETCH);
    assert_eq!(fixture.waiting(EMPLOYMENT.parked).await, 0);

    proxy.set(Mode::Pass);
    eventually(async || fixture.applied().await == i64::from(PUBLISHED) + 1).await;
    assert_eq!(fixture.waiting(EMPLOYMENT.parked).await, 0);
}
