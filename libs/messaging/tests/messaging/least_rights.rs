//! What an operator loads into the broker is what services need there, and no more.

use std::path::{Path, PathBuf};

use lapin::options::{BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use muster_messaging::topology::{QUEUES, definitions};
use muster_messaging::{Broker, BrokerOptions, TopologyBy};
use muster_testkit::{PrivateBroker, eventually};

use crate::fixture::{Fixture, Recorder, fresh};

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/helm/muster/files/broker.json")
}

#[test]
fn the_committed_definitions_are_those_of_the_table() {
    if std::env::var_os("MUSTER_REGENERATE").is_some() {
        std::fs::write(committed(), definitions()).unwrap();
    }
    let found = std::fs::read_to_string(committed()).unwrap_or_default();
    assert_eq!(
        found,
        definitions(),
        "the table has changed: MUSTER_REGENERATE=1 cargo test -p muster-messaging definitions"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn services_work_with_the_rights_that_an_operator_gives_them_and_can_do_nothing_else() {
    let fixture = Fixture::new().await;
    let mut private = PrivateBroker::start("rights").await;
    for service in QUEUES.iter().map(|queue| queue.service) {
        private.control(&["add_user", service, service]).await;
    }
    private
        .control(&["import_definitions", &committed().display().to_string()])
        .await;

    let relay = fixture.relay(limited(&private, "invitation"));
    let consumer = fixture.consumer(limited(&private, "employment"), Recorder::new());
    for number in 1..=20 {
        fixture.publish(fresh(), number).await;
    }
    eventually(async || fixture.applied().await == 20).await;

    for denied in [publishing, reading, declaring] {
        let connection = connect(&private, "invitation").await;
        let channel = connection.create_channel().await.unwrap();
        let refusal = denied(channel).await.unwrap_err().to_string();
        assert!(refusal.contains("ACCESS_REFUSED"), "{refusal}");
    }
    consumer.stop().await;
    relay.stop().await;
    private.stop().await;
    private.forget();
}

/// As the service's own user, who declares nothing.
fn limited(private: &PrivateBroker, service: &'static str) -> Broker {
    let options = BrokerOptions {
        url: url(private, service),
        ca: None,
        prefix: String::new(),
        service,
        topology: TopologyBy::Operator,
    };
    Broker::new(options).unwrap()
}

fn url(private: &PrivateBroker, user: &str) -> String {
    private.url_of(user, user, "muster")
}

async fn connect(private: &PrivateBroker, user: &str) -> Connection {
    Connection::connect(&url(private, user), ConnectionProperties::default())
        .await
        .unwrap()
}

type Denied = futures::future::BoxFuture<'static, Result<(), lapin::Error>>;

/// What is employment's to tell.
fn publishing(channel: Channel) -> Denied {
    Box::pin(async move {
        let options = BasicPublishOptions::default();
        let properties = BasicProperties::default();
        let (exchange, key) = ("muster.events".into(), "employment.verified".into());
        // The refusal closes the channel, and whoever waits for a confirmation is told why; a next call might come too late.
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        channel
            .basic_publish(exchange, key, options, b"", properties)
            .await?
            .await?;
        Ok(())
    })
}

/// What is in employment's queue.
fn reading(channel: Channel) -> Denied {
    Box::pin(async move {
        let options = BasicGetOptions::default();
        channel.basic_get("muster.employment".into(), options).await?;
        Ok(())
    })
}

/// A queue of its own making.
fn declaring(channel: Channel) -> Denied {
    Box::pin(async move {
        let options = QueueDeclareOptions::default();
        channel
            .queue_declare("mine".into(), options, FieldTable::default())
            .await?;
        Ok(())
    })
}
