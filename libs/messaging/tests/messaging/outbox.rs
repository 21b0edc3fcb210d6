//! What stands in the outbox is published by one relay, once, and swept when it is old.

use std::time::Duration;

use muster_database::DatabaseError;
use muster_messaging::outbox::{self, Again};
use muster_messaging::sweep;
use muster_messaging::topology::EMPLOYMENT;
use muster_proto::invitation::v1::InvitationAcceptedEvent;
use muster_testkit::eventually;
use time::OffsetDateTime;
use tokio::time::timeout;

use crate::fixture::{Fixture, Recorder, fresh, new_event};

#[tokio::test(flavor = "multi_thread")]
async fn relays_share_the_work_without_repeating_it() {
    let fixture = Fixture::new().await;
    for _ in 0..500 {
        fixture.publish(fresh(), 1).await;
    }
    let relays = [(); 3].map(|()| fixture.relay(fixture.broker.broker()));
    eventually(async || fixture.pending().await == 0).await;
    for relay in relays {
        relay.stop().await;
    }
    assert_eq!(fixture.waiting(EMPLOYMENT.name).await, 500);
    assert_eq!(
        fixture
            .publisher
            .count("SELECT count(*) FROM outbox WHERE attempts <> 1")
            .await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_was_not_raised_is_a_conflict() {
    let fixture = Fixture::new().await;
    let aggregate = fresh();
    fixture.publish(aggregate, 1).await;
    let again = fixture
        .publish_as(aggregate, 1, InvitationAcceptedEvent::default())
        .await;
    assert!(matches!(again, Err(DatabaseError::Conflict { .. })), "{again:?}");
    assert_eq!(fixture.pending().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rolled_back_is_never_published() {
    let fixture = Fixture::new().await;
    let _relay = fixture.relay(fixture.broker.broker());
    let refused: Result<(), DatabaseError> = fixture
        .publisher
        .database()
        .write(async |tx| {
            outbox::append(tx, new_event(fresh(), 1), &InvitationAcceptedEvent::default()).await?;
            Err(DatabaseError::Inconsistent("changed my mind".to_owned()))
        })
        .await;
    assert!(refused.is_err());
    fixture.publish(fresh(), 1).await;
    eventually(async || {
        fixture
            .publisher
            .count("SELECT count(*) FROM outbox WHERE published_at IS NOT NULL")
            .await
            == 1
    })
    .await;
    assert_eq!(fixture.waiting(EMPLOYMENT.name).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_envelope_arrives_whole() {
    let fixture = Fixture::new().await;
    let _relay = fixture.relay(fixture.broker.broker());
    let (seen, mut got) = tokio::sync::mpsc::unbounded_channel();
    let handler = Recorder::failing(move |event| {
        seen.send(event.clone()).unwrap();
        Ok(())
    });
    let _consumer = fixture.consumer(fixture.broker.as_service("employment"), handler);

    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let mut event = new_event(fresh(), 4);
    event.traceparent = Some(traceparent.to_owned());
    let sent = event.clone();
    let payload = InvitationAcceptedEvent {
        person: "persons/x".to_owned(),
        ..Default::default()
    };
    fixture
        .publisher
        .database()
        .write(async |tx| outbox::append(tx, event, &payload).await)
        .await
        .unwrap();
    let received = got.recv().await.unwrap();
    assert_eq!(received.id, sent.id);
    assert_eq!(received.organization, sent.organization);
    assert_eq!(
        (received.aggregate, received.sequence),
        (sent.aggregate, sent.sequence)
    );
    assert_eq!(
        (received.time, received.actor.as_str()),
        (sent.time, sent.actor.as_str())
    );
    assert_eq!(received.traceparent.as_deref(), Some(traceparent));
    assert_eq!(received.decode::<InvitationAcceptedEvent>().unwrap(), payload);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_old_rows_are_swept() {
    let fixture = Fixture::new().await;
    for _ in 0..3 {
        fixture.publish(fresh(), 1).await;
    }
    fixture
        .publisher
        .execute(
            "UPDATE outbox SET published_at = now() - interval '8 days'
              WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT 1);
             UPDATE outbox SET published_at = now() - interval '6 days'
              WHERE id IN (SELECT id FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT 1);
             UPDATE outbox SET created_at = now() - interval '90 days';
             INSERT INTO inbox (id, event_type, aggregate_id, aggregate_seq, received_at)
             SELECT gen_random_uuid(), 'x', gen_random_uuid(), 1, now() - interval '1 day' * days
               FROM generate_series(28, 32) AS days;",
        )
        .await;
    sweep::sweep(&fixture.publisher.database()).await.unwrap();
    let count = async |what| fixture.publisher.count(what).await;
    assert_eq!(count("SELECT count(*) FROM inbox").await, 2);
    // One that waits is never too old.
    assert_eq!(
        (
            count("SELECT count(*) FROM outbox").await,
            fixture.pending().await
        ),
        (2, 1)
    );
}

/// On a table that was analyzed while it was empty, as every new one is: the planner must have no way to compare every
/// waiting row with every other.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_looks_at_the_rows_it_takes_and_not_at_all_that_wait() {
    let fixture = Fixture::new().await;
    fixture
        .publisher
        .execute(
            "ANALYZE outbox;
             INSERT INTO outbox (id, organization_id, aggregate_id, aggregate_seq, event_type, payload, event_time, actor)
             SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, 'invitation.accepted', '', now(), 'x'
               FROM generate_series(1, 2000)",
        )
        .await;
    let relay = fixture.relay(fixture.broker.broker());
    // Counting what waits would read the same index.
    let published = "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL";
    eventually(async || fixture.publisher.count(published).await == 2000).await;
    relay.stop().await;
    // The server's counters are whole when the connections that counted are gone.
    fixture.publisher.database().close().await;
    let read = "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'outbox_head'";
    eventually(async || fixture.publisher.count(read).await >= 2000).await;
    let read = fixture.publisher.count(read).await;
    assert!(read < 20 * 2000, "{read} entries were read to publish 2,000");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_what_waits_and_has_it_published_again() {
    let fixture = Fixture::new().await;
    let database = fixture.publisher.database();
    for _ in 0..3 {
        fixture.publish(fresh(), 1).await;
    }
    let waiting = outbox::waiting(&database).await.unwrap();
    let [accepted] = waiting.as_slice() else {
        panic!("{waiting:?}")
    };
    assert_eq!(
        (accepted.event_type.as_str(), accepted.count, accepted.attempts),
        ("invitation.accepted", 3, 0)
    );

    let relay = fixture.relay(fixture.broker.broker());
    eventually(async || fixture.pending().await == 0).await;
    relay.stop().await;
    assert!(outbox::waiting(&database).await.unwrap().is_empty());
    let last = fixture.publish(fresh(), 1).await;

    // What waits already is not among those that are published again.
    assert_eq!(
        outbox::publish_again(&database, Again::Event(last))
            .await
            .unwrap(),
        0
    );
    let long_ago = OffsetDateTime::UNIX_EPOCH;
    assert_eq!(
        outbox::publish_again(&database, Again::Since(long_ago))
            .await
            .unwrap(),
        3
    );
    assert_eq!(fixture.pending().await, 4);

    let _relay = fixture.relay(fixture.broker.broker());
    eventually(async || fixture.pending().await == 0).await;
    assert_eq!(fixture.waiting(EMPLOYMENT.name).await, 7);
    assert_eq!(
        outbox::publish_again(&database, Again::Event(last))
            .await
            .unwrap(),
        1
    );
    eventually(async || fixture.waiting(EMPLOYMENT.name).await == 8).await;
}

/// More than one statement takes, while a relay publishes what was just found: each once, and it ends.
#[tokio::test(flavor = "multi_thread")]
async fn a_relay_that_publishes_meanwhile_brings_nothing_round_twice() {
    let fixture = Fixture::new().await;
    let database = fixture.publisher.database();
    fixture
        .publisher
        .execute(
            "INSERT INTO outbox (id, organization_id, aggregate_id, aggregate_seq, event_type, payload, event_time, actor, published_at)
             SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, 'invitation.accepted', '', now(), 'service:test',
                    now() - interval '1 hour'
               FROM generate_series(1, 2500)",
        )
        .await;
    let _relay = fixture.relay(fixture.broker.broker());
    let again = Again::Since(OffsetDateTime::UNIX_EPOCH);
    assert_eq!(outbox::publish_again(&database, again).await.unwrap(), 2500);
    eventually(async || fixture.pending().await == 0).await;
    assert_eq!(fixture.waiting(EMPLOYMENT.name).await, 2500);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_appends_an_event_wakes_the_relay_and_who_appends_none_does_not() {
    let fixture = Fixture::new().await;
    let database = fixture.publisher.database();
    let (committed, patience) = (database.events_committed(), Duration::from_millis(50));
    let is_woken = async || timeout(patience, committed.notified()).await.is_ok();
    fixture.publish(fresh(), 1).await;
    assert!(is_woken().await);
    let nothing = database.write(async |tx| {
        sqlx::query("DELETE FROM fact").execute(&mut *tx).await?;
        outbox::append_all::<InvitationAcceptedEvent>(tx, Vec::new()).await
    });
    nothing.await.unwrap();
    assert!(!is_woken().await);
}
