//! A broker that is away, deaf, or gone for a while costs nothing but time.

use std::time::{Duration, Instant};

use muster_testkit::{PrivateBroker, eventually};

use crate::fixture::{Fixture, Recorder, fresh};
use crate::proxy::{Mode, Proxy, by_way_of, host_of};

/// What a unary call may take; a writer that waited for the broker would wait for as long as it is away.
const CALLER_PATIENCE: Duration = Duration::from_secs(5);

/// How long the broker stays under alarm: longer than a batch may wait for its confirms.
const ALARM: Duration = Duration::from_secs(8);

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_the_broker_never_confirmed_is_not_marked() {
    let fixture = Fixture::new().await;
    let proxy = Proxy::to(&host_of(fixture.broker.url())).await;
    let _relay = fixture.relay(fixture.broker.through(&by_way_of(&proxy, fixture.broker.url())));
    fixture.publish(fresh(), 1).await;
    eventually(async || fixture.pending().await == 0).await;

    proxy.set(Mode::Swallow);
    for number in 1..=20 {
        fixture.publish(fresh(), number).await;
    }
    let tried =
        "SELECT count(*) FROM outbox WHERE attempts > 0 AND published_at IS NULL AND lease_token IS NULL";
    eventually(async || fixture.publisher.count(tried).await > 0).await;
    assert_eq!(
        fixture.pending().await,
        20,
        "marked though the broker never saw it"
    );

    proxy.set(Mode::Pass);
    proxy.cut();
    eventually(async || fixture.pending().await == 0).await;
    let _consumer = fixture.consumer(fixture.broker.as_service("employment"), Recorder::new());
    eventually(async || fixture.applied().await == 21).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_outage_does_not_block_writers_and_drains_afterwards() {
    let fixture = Fixture::new().await;
    let proxy = Proxy::to(&host_of(fixture.broker.url())).await;
    let by_proxy = by_way_of(&proxy, fixture.broker.url());
    let _relay = fixture.relay(fixture.broker.through(&by_proxy));
    let _consumer = fixture.consumer(fixture.broker.through(&by_proxy), Recorder::new());
    fixture.publish(fresh(), 1).await;
    eventually(async || fixture.applied().await == 1).await;

    proxy.set(Mode::Refuse);
    proxy.cut();
    let mut slowest = Duration::ZERO;
    for number in 1..=600 {
        let started = Instant::now();
        fixture.publish(fresh(), number).await;
        slowest = slowest.max(started.elapsed());
    }
    assert!(slowest < CALLER_PATIENCE, "a writer waited {slowest:?}");
    assert_eq!(fixture.pending().await, 600);
    proxy.set(Mode::Pass);
    eventually(async || fixture.applied().await == 601).await;
    // A batch is marked once all of it is confirmed; its first events may have been applied by then.
    eventually(async || fixture.pending().await == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_was_stopped_and_started_keeps_what_it_confirmed() {
    let fixture = Fixture::new().await;
    let mut private = PrivateBroker::start("stopped").await;
    let broker = private.broker();
    let relay = fixture.relay(broker.clone());
    for number in 1..=50 {
        fixture.publish(fresh(), number).await;
    }
    eventually(async || fixture.pending().await == 0).await;

    private.stop().await;
    for number in 1..=50 {
        fixture.publish(fresh(), number).await;
    }
    assert_eq!(fixture.pending().await, 50);
    let mut private = PrivateBroker::start("stopped").await;
    eventually(async || fixture.pending().await == 0).await;
    let consumer = fixture.consumer(broker, Recorder::new());
    eventually(async || fixture.applied().await == 100).await;
    consumer.stop().await;
    relay.stop().await;
    private.stop().await;
    private.forget();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_under_alarm_delays_messages_and_blocks_nobody() {
    let fixture = Fixture::new().await;
    let mut private = PrivateBroker::start("alarm").await;
    let relay = fixture.relay(private.broker());
    let consumer = fixture.consumer(private.broker(), Recorder::new());
    fixture.publish(fresh(), 1).await;
    eventually(async || fixture.applied().await == 1).await;

    private
        .control(&["set_vm_memory_high_watermark", "0.000001"])
        .await;
    let mut slowest = Duration::ZERO;
    let began = Instant::now();
    // With pauses: a flood would hide what the alarm lets through.
    let mut pause = tokio::time::interval(Duration::from_millis(20));
    for number in 1.. {
        pause.tick().await;
        let started = Instant::now();
        fixture.publish(fresh(), number).await;
        slowest = slowest.max(started.elapsed());
        if began.elapsed() > ALARM {
            break;
        }
    }
    assert!(slowest < CALLER_PATIENCE, "a writer waited {slowest:?}");
    let facts = fixture.publisher.count("SELECT count(*) FROM fact").await;
    let pending = fixture.pending().await;
    assert!(
        pending > facts / 4,
        "published {} of {facts} through an alarm",
        facts - pending
    );

    private.control(&["set_vm_memory_high_watermark", "0.8"]).await;
    eventually(async || fixture.pending().await == 0).await;
    eventually(async || fixture.applied().await == facts).await;
    consumer.stop().await;
    relay.stop().await;
    private.stop().await;
    private.forget();
}
