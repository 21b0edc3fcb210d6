//! How old messages are when they are taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lapin::BasicProperties;
use lapin::options::BasicPublishOptions;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use muster_clock::Clock;
use muster_messaging::parked::{self, Selection};
use muster_messaging::topology::EMPLOYMENT;
use muster_messaging::{EventType, HandlingError};
use muster_testkit::eventually;
use time::macros::datetime;

use crate::fixture::{Fixture, Recorder, fresh};

/// What is measured of messages of this type: those that were not older than half a minute, all of them, and the sum of their ages in
/// seconds. `None` of each that nobody has measured.
fn ages(handle: &PrometheusHandle, event: &str) -> [Option<String>; 3] {
    let told = handle.render();
    let labels = format!("{{queue=\"muster.employment\",event=\"{event}\"");
    let value = |suffix: &str, more: &str| {
        let begins = format!("muster_message_age_seconds_{suffix}{labels}{more}}} ");
        let value = told.lines().find_map(|line| line.strip_prefix(&begins));
        value.map(str::to_owned)
    };
    [
        value("bucket", ",le=\"30\""),
        value("count", ""),
        value("sum", ""),
    ]
}

fn some(values: [&str; 3]) -> [Option<String>; 3] {
    values.map(|value| Some(value.to_owned()))
}

/// On one thread: what is measured on others is not this test's.
#[tokio::test]
async fn how_old_a_message_is_when_it_is_taken_is_measured() {
    let builder = PrometheusBuilder::new().set_buckets(&[30.0]).unwrap();
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    let _measuring = metrics::set_default_local_recorder(&recorder);
    let fixture = Fixture::new().await;
    let employment = fixture.broker.as_service("employment");
    let key = EventType::InvitationAccepted.routing_key();

    let published = Clock::fixed(datetime!(2026-03-01 12:00 UTC));
    let taken = Clock::fixed(datetime!(2026-03-01 12:00:42 UTC));
    let is_cured = Arc::new(AtomicBool::new(false));
    let cured = Arc::clone(&is_cured);
    let handler = Recorder::failing(move |_| match cured.load(Ordering::SeqCst) {
        true => Ok(()),
        false => Err(HandlingError::Permanent("poison".to_owned())),
    });
    let relay = fixture.relay_at(fixture.broker.broker(), published);
    let consumer = fixture.consumer_at(employment.clone(), handler, taken.clone());
    fixture.publish(fresh(), 1).await;
    eventually(async || fixture.waiting(EMPLOYMENT.parked).await == 1).await;
    assert_eq!(ages(&handle, key), some(["0", "1", "42"]));

    // What is put back is as old as since then, not as long as it was parked.
    is_cured.store(true, Ordering::SeqCst);
    taken.advance(Duration::from_secs(3600));
    let back = parked::retry(&employment, &EMPLOYMENT, Selection::All, &taken).await;
    assert_eq!(back.unwrap(), 1);
    eventually(async || fixture.applied().await == 1).await;
    assert_eq!(ages(&handle, key), some(["1", "2", "42"]));

    // Who publishes without a time tells no age.
    let (_connection, channel) = fixture.broker.channel().await;
    channel
        .basic_publish(
            employment.exchange().as_str().into(),
            key.into(),
            BasicPublishOptions::default(),
            b"",
            BasicProperties::default(),
        )
        .await
        .unwrap();
    eventually(async || fixture.waiting(EMPLOYMENT.parked).await == 1).await;
    assert_eq!(ages(&handle, "unknown"), [None, None, None]);
    consumer.stop().await;
    relay.stop().await;
}
