//! While versions change, a consumer meets events that only a newer one knows.

use lapin::options::{BasicGetOptions, BasicPublishOptions};
use lapin::types::{AMQPValue, ShortString};
use muster_messaging::topology::EMPLOYMENT;
use muster_testkit::{eventually, eventually_some};

use crate::fixture::{Fixture, Recorder, fresh};

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_a_newer_version_waits_for_it() {
    let fixture = Fixture::new().await;
    let _relay = fixture.relay(fixture.broker.broker());
    fixture.publish(fresh(), 1).await;
    publish_as_unknown(&fixture).await;

    let consumer = fixture.consumer(fixture.broker.as_service("employment"), Recorder::new());
    fixture.publish(fresh(), 2).await;
    eventually(async || fixture.applied().await == 1).await;
    eventually(async || fixture.waiting(EMPLOYMENT.name).await == 0).await;
    assert_eq!(
        fixture.waiting(EMPLOYMENT.parked).await,
        0,
        "it is held, not parked"
    );

    // The newer version takes its place.
    consumer.stop().await;
    eventually(async || fixture.waiting(EMPLOYMENT.name).await == 1).await;
    assert_eq!(fixture.waiting(EMPLOYMENT.parked).await, 0);
}

/// Takes the message that waits and puts it back as an event of a type that is not in the table.
async fn publish_as_unknown(fixture: &Fixture) {
    let (_connection, channel) = fixture.broker.channel().await;
    let queue: ShortString = fixture.broker.broker().name(EMPLOYMENT.name).as_str().into();
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
    eventually(async || fixture.waiting(EMPLOYMENT.name).await == 1).await;
}
