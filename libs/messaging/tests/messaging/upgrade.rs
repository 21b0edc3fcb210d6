//! While versions change, a consumer meets events that only a newer one knows.

use lapin::options::{BasicGetOptions, BasicPublishOptions};
use lapin::types::{AMQPValue, ShortString};
use muster_messaging::topology::EMPLOYMENT;
use muster_testkit::{eventually, eventually_some};

use crate::world::{Recorder, World, fresh};

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_a_newer_version_waits_for_it() {
    let world = World::new().await;
    let _relay = world.relay(world.broker.broker());
    world.publish(fresh(), 1).await;
    publish_as_unknown(&world).await;

    let consumer = world.consumer(world.broker.as_service("employment"), Recorder::new());
    world.publish(fresh(), 2).await;
    eventually(async || world.applied().await == 1).await;
    eventually(async || world.waiting(EMPLOYMENT.name).await == 0).await;
    assert_eq!(
        world.waiting(EMPLOYMENT.parked).await,
        0,
        "it is held, not parked"
    );

    // The newer version takes its place.
    consumer.stop().await;
    eventually(async || world.waiting(EMPLOYMENT.name).await == 1).await;
    assert_eq!(world.waiting(EMPLOYMENT.parked).await, 0);
}

/// Takes the message that waits and puts it back as an event of a type that is not in the table.
async fn publish_as_unknown(world: &World) {
    let (_connection, channel) = world.broker.channel().await;
    let queue: ShortString = world.broker.broker().name(EMPLOYMENT.name).as_str().into();
    let message = eventually_some(async || {
        let options = BasicGetOptions { no_ack: true };
        channel.basic_get(queue.clone(), options).await.unwrap()
    })
    .await;
    let mut headers = message.delivery.properties.headers().clone().unwrap();
    let newer = AMQPValue::LongString("dev.muster.invitation.accepted.v9".into());
    assert!(headers.inner().contains_key("cloudEvents:type"));
    headers.insert("cloudEvents:type".into(), newer);
    let properties = message.delivery.properties.clone().with_headers(headers);
    channel
        .basic_publish(
            "".into(),
            queue,
            BasicPublishOptions::default(),
            &message.delivery.data,
            properties,
        )
        .await
        .unwrap();
    eventually(async || world.waiting(EMPLOYMENT.name).await == 1).await;
}
