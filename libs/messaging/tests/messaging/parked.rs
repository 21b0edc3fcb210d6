//! A poisoned message is parked, alone, and can be retried or thrown away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lapin::BasicProperties;
use lapin::options::BasicPublishOptions;
use muster_clock::Clock;
use muster_messaging::parked::{self, Selection};
use muster_messaging::topology::EMPLOYMENT;
use muster_messaging::{EventType, HandlingError};
use muster_testkit::eventually;

use crate::fixture::{Fixture, Recorder, fresh};

#[tokio::test(flavor = "multi_thread")]
async fn a_poisoned_message_is_parked_alone_and_can_be_retried() {
    let fixture = Fixture::new().await;
    let _relay = fixture.relay(fixture.broker.broker());
    let (poisoned, panicking) = (fresh(), fresh());
    let cured = Arc::new(AtomicBool::new(false));
    let cure = Arc::clone(&cured);
    let handler = Recorder::failing(move |event| {
        if cured.load(Ordering::SeqCst) {
            return Ok(());
        }
        assert!(event.aggregate != panicking, "the handler panics");
        if event.aggregate == poisoned {
            Err(HandlingError::Permanent("poison".to_owned()))
        } else {
            Ok(())
        }
    });
    let employment = fixture.broker.as_service("employment");
    let _consumer = fixture.consumer(employment.clone(), handler);

    let mut ids = Vec::new();
    for number in 1..=30 {
        match number {
            10 => ids.push(fixture.publish(poisoned, 1).await),
            20 => ids.push(fixture.publish(panicking, 1).await),
            _ => drop(fixture.publish(fresh(), number).await),
        }
    }
    eventually(async || fixture.applied().await == 28).await;
    eventually(async || fixture.waiting(EMPLOYMENT.parked).await == 2).await;
    assert_eq!(fixture.waiting(EMPLOYMENT.name).await, 0);
    assert_eq!(fixture.consumer.count("SELECT count(*) FROM inbox").await, 28);

    let listed = parked::list(&employment, &EMPLOYMENT, 10).await.unwrap();
    let mut found: Vec<_> = listed
        .iter()
        .map(|parked| parked.event.as_ref().unwrap().id)
        .collect();
    found.sort();
    ids.sort();
    assert_eq!(found, ids);
    assert!(
        listed
            .iter()
            .all(|parked| parked.reason.as_deref() == Some("rejected")),
        "{listed:?}"
    );
    eventually(async || fixture.waiting(EMPLOYMENT.parked).await == 2).await;

    cure.store(true, Ordering::SeqCst);
    let clock = Clock::system();
    assert_eq!(
        parked::retry(&employment, &EMPLOYMENT, Selection::Event(ids[0]), &clock)
            .await
            .unwrap(),
        1
    );
    eventually(async || fixture.applied().await == 29).await;
    assert_eq!(
        parked::retry(&employment, &EMPLOYMENT, Selection::All, &clock)
            .await
            .unwrap(),
        1
    );
    eventually(async || fixture.applied().await == 30).await;
    assert_eq!(fixture.waiting(EMPLOYMENT.parked).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_no_event_is_parked_and_can_be_purged() {
    let fixture = Fixture::new().await;
    let employment = fixture.broker.as_service("employment");
    let _relay = fixture.relay(fixture.broker.broker());
    let _consumer = fixture.consumer(employment.clone(), Recorder::new());
    let (_connection, channel) = fixture.broker.channel().await;
    let key = EventType::InvitationAccepted.routing_key();
    for payload in [b"\xff\xff\xff".as_slice(), b""] {
        channel
            .basic_publish(
                employment.exchange().as_str().into(),
                key.into(),
                BasicPublishOptions::default(),
                payload,
                BasicProperties::default().with_message_id("not-ours".into()),
            )
            .await
            .unwrap();
    }
    fixture.publish(fresh(), 1).await;
    eventually(async || fixture.applied().await == 1 && fixture.waiting(EMPLOYMENT.parked).await == 2).await;
    let listed = parked::list(&employment, &EMPLOYMENT, 10).await.unwrap();
    assert!(listed.iter().all(|parked| parked.event.is_none()));
    assert!(
        listed
            .iter()
            .all(|parked| parked.message_id.as_deref() == Some("not-ours"))
    );
    assert_eq!(parked::list(&employment, &EMPLOYMENT, 1).await.unwrap().len(), 1);
    assert_eq!(
        parked::purge(&employment, &EMPLOYMENT, Selection::All)
            .await
            .unwrap(),
        2
    );
    assert_eq!(fixture.waiting(EMPLOYMENT.parked).await, 0);
}
