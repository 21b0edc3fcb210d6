//! The broker confirms a message that goes nowhere; it is not published for that.

use lapin::options::QueueBindOptions;
use lapin::types::FieldTable;
use muster_messaging::{EventType, topology};
use muster_proto::notification::v1::MailRequestedEvent;
use muster_testkit::eventually;

use crate::fixture::{Fixture, Recorder, fresh};

#[tokio::test(flavor = "multi_thread")]
async fn an_unroutable_message_is_never_marked() {
    let fixture = Fixture::new().await;
    let broker = fixture.broker.broker();
    let (_connection, channel) = fixture.broker.channel().await;
    let relay = fixture.relay(fixture.broker.broker());
    // The relay declares the topology when it connects; take the binding away after that.
    fixture
        .publish_as(fresh(), 1, MailRequestedEvent::default())
        .await
        .unwrap();
    eventually(async || fixture.pending().await == 0).await;
    let (queue, exchange) = (broker.name(topology::EMPLOYMENT.name), broker.exchange());
    let key = EventType::InvitationAccepted.routing_key();
    channel
        .queue_unbind(
            queue.as_str().into(),
            exchange.as_str().into(),
            key.into(),
            FieldTable::default(),
        )
        .await
        .unwrap();

    let aggregate = fresh();
    fixture.publish(aggregate, 1).await;
    // Could be routed, but not before its elder.
    fixture
        .publish_as(aggregate, 2, MailRequestedEvent::default())
        .await
        .unwrap();
    fixture
        .publish_as(fresh(), 1, MailRequestedEvent::default())
        .await
        .unwrap();
    let tried =
        "SELECT count(*) FROM outbox WHERE attempts >= 3 AND aggregate_seq = 1 AND published_at IS NULL";
    eventually(async || fixture.publisher.count(tried).await == 1).await;
    assert_eq!(
        fixture.pending().await,
        2,
        "only the unroutable message and the one behind it wait"
    );

    channel
        .queue_bind(
            queue.as_str().into(),
            exchange.as_str().into(),
            key.into(),
            QueueBindOptions::default(),
            FieldTable::default(),
        )
        .await
        .unwrap();
    eventually(async || fixture.pending().await == 0).await;
    let _consumer = fixture.consumer(fixture.broker.as_service("employment"), Recorder::new());
    eventually(async || fixture.applied().await == 1).await;
    relay.stop().await;
    assert_eq!(fixture.applied_sequences().await[&aggregate], [1]);
}
