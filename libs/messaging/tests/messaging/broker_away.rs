//! A broker that is away, deaf, or gone for a while costs nothing but time.

use std::time::{Duration, Instant};

use muster_engines::{Ports, RabbitMq, RabbitMqPorts};
use muster_messaging::{Broker, BrokerOptions};
use muster_testkit::eventually;

use crate::proxy::{Mode, Proxy, host_of};
use crate::world::{Recorder, World, fresh};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_the_broker_never_confirmed_is_not_marked() {
    let world = World::new().await;
    let proxy = Proxy::to(&host_of(world.broker.url())).await;
    let _relay = world.relay(world.broker.through(&proxy.amqp_url(world.broker.url())));
    world.publish(fresh(), 1).await;
    eventually(async || world.pending().await == 0).await;

    proxy.set(Mode::Swallow);
    for number in 1..=20 {
        world.publish(fresh(), number).await;
    }
    let tried =
        "SELECT count(*) FROM outbox WHERE attempts > 0 AND published_at IS NULL AND lease_token IS NULL";
    eventually(async || world.publisher.count(tried).await > 0).await;
    assert_eq!(world.pending().await, 20, "marked though the broker never saw it");

    proxy.set(Mode::Pass);
    proxy.cut();
    eventually(async || world.pending().await == 0).await;
    let _consumer = world.consumer(world.broker.as_service("employment"), Recorder::new());
    eventually(async || world.applied().await == 21).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_outage_does_not_block_writers_and_drains_afterwards() {
    let world = World::new().await;
    let proxy = Proxy::to(&host_of(world.broker.url())).await;
    let by_proxy = proxy.amqp_url(world.broker.url());
    let _relay = world.relay(world.broker.through(&by_proxy));
    let _consumer = world.consumer(world.broker.through(&by_proxy), Recorder::new());
    world.publish(fresh(), 1).await;
    eventually(async || world.applied().await == 1).await;

    proxy.set(Mode::Refuse);
    proxy.cut();
    let mut slowest = Duration::ZERO;
    for number in 1..=300 {
        let started = Instant::now();
        world.publish(fresh(), number).await;
        slowest = slowest.max(started.elapsed());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(slowest < Duration::from_secs(1), "a writer waited {slowest:?}");
    assert_eq!(world.pending().await, 300);
    proxy.set(Mode::Pass);
    eventually(async || world.applied().await == 301).await;
    assert_eq!(world.pending().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_was_stopped_and_started_keeps_what_it_confirmed() {
    let world = World::new().await;
    let directory = tempdir();
    let mut server = start(directory.clone()).await;
    let options = BrokerOptions {
        url: server.url(),
        prefix: String::new(),
        service: "invitation",
    };
    let broker = Broker::new(options).unwrap();
    let relay = world.relay(broker.clone());
    for number in 1..=50 {
        world.publish(fresh(), number).await;
    }
    eventually(async || world.pending().await == 0).await;

    server = tokio::task::spawn_blocking(move || {
        server.stop();
        server
    })
    .await
    .unwrap();
    drop(server);
    for number in 1..=50 {
        world.publish(fresh(), number).await;
    }
    assert_eq!(world.pending().await, 50);
    let mut server = start(directory.clone()).await;
    eventually(async || world.pending().await == 0).await;
    let consumer = world.consumer(broker, Recorder::new());
    eventually(async || world.applied().await == 100).await;
    consumer.stop().await;
    relay.stop().await;
    tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
    drop(std::fs::remove_dir_all(directory));
}

fn tempdir() -> std::path::PathBuf {
    std::env::temp_dir().join(format!("muster-messaging-{}", std::process::id()))
}

async fn start(directory: std::path::PathBuf) -> RabbitMq {
    tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&directory).unwrap();
        let mut ports = Ports::open(&directory.join("ports"));
        let ports = RabbitMqPorts::choose(&mut ports).unwrap();
        RabbitMq::start(
            &directory.join("rabbitmq"),
            &directory.join("rabbitmq.log"),
            ports,
        )
        .unwrap()
    })
    .await
    .unwrap()
}
