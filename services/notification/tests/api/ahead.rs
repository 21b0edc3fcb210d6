//! Mails that are asked about while others talk to the mail server.

use std::sync::Arc;
use std::time::Duration;

use muster_notification::worker::Worker;
use muster_testkit::{eventually, eventually_some};
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::fixture::Fixture;
use crate::smtp_server::Fault;

const DOTS: &str = "SELECT count(*) FROM deliveries WHERE phase = 'DOT'";
const SENT: &str = "SELECT count(*) FROM deliveries WHERE state = 'SENT'";
const DEFERRED: &str = "SELECT count(*) FROM deliveries WHERE state = 'DEFERRED'";

/// A worker that sends two messages at a time; three more are asked about meanwhile.
fn two_at_a_time(fixture: &Fixture) -> DropGuard {
    let worker = Worker::new(fixture.context(), Arc::new(Notify::new()), 2);
    let stop = CancellationToken::new();
    tokio::spawn(worker.run(stop.clone()));
    stop.drop_guard()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_finds_no_connection_free_is_asked_about_meanwhile_and_told_of_when_there_will_be_none() {
    let fixture = Fixture::new().await;
    fixture.smtp.script([Fault::Held("250 2.0.0 ok"); 2]);
    let soon = fixture.clock.now() + Duration::from_secs(1);
    let mut later = Vec::new();
    for _ in 0..3 {
        let subject = fixture.subject();
        fixture.ask_for(subject, Some(soon)).await;
        later.push(subject);
    }
    // Of what the server was not there for before nobody is told once more, unless somebody waits to hear.
    fixture.database.execute("UPDATE deliveries SET breaks = 1").await;
    for _ in 0..2 {
        fixture.ask().await;
    }
    let _stop = two_at_a_time(&fixture);
    eventually(async || fixture.smtp.taken().len() == 2).await;
    fixture.clock.advance(Duration::from_secs(1));
    eventually(async || fixture.source.asked().len() == 5).await;
    assert_eq!(fixture.smtp.connections(), 2, "the others wait for a connection");

    fixture.smtp.close().await;
    eventually(async || fixture.database.count(DEFERRED).await == 3).await;
    for subject in later {
        assert_eq!(
            fixture.published(subject).await,
            ["DEFERRED"],
            "it is not on its way"
        );
    }
}

/// What a process that is killed leaves ambiguous is among these.
#[tokio::test(flavor = "multi_thread")]
async fn no_more_than_twice_as_many_as_are_sent_at_once_are_behind_their_dots_and_not_written_down() {
    let fixture = Fixture::new().await;
    for _ in 0..20 {
        fixture.ask().await;
    }
    // Dots can be written down, outcomes cannot, which are told of.
    let mut locker = fixture.database.connection().await;
    sqlx::raw_sql("BEGIN; LOCK TABLE outbox IN EXCLUSIVE MODE")
        .execute(&mut locker)
        .await
        .unwrap();
    let _stop = two_at_a_time(&fixture);
    eventually(async || fixture.database.count(DOTS).await >= 4).await;
    // All that waited for the lock have given up, a second later, and others wait.
    let first = eventually_some(async || waiting_since(&fixture, LATEST).await).await;
    eventually(async || {
        let since = waiting_since(&fixture, EARLIEST).await;
        since.is_some_and(|since| since > first)
    })
    .await;
    assert_eq!(
        (fixture.database.count(DOTS).await, fixture.smtp.taken().len()),
        (4, 4)
    );
    sqlx::raw_sql("ROLLBACK").execute(&mut locker).await.unwrap();
    eventually(async || fixture.database.count(SENT).await == 20).await;
    assert_eq!(fixture.smtp.taken().len(), 20);
}

const LATEST: &str = "SELECT COALESCE(max(extract(epoch FROM query_start) * 1000000), 0)::bigint
    FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
const EARLIEST: &str = "SELECT COALESCE(min(extract(epoch FROM query_start) * 1000000), 0)::bigint
    FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

/// Since when statements in this database have been waiting for a lock, in microseconds since 1970.
async fn waiting_since(fixture: &Fixture, which: &'static str) -> Option<i64> {
    Some(fixture.database.count(which).await).filter(|since| *since > 0)
}
