//! Workers that die, and workers that were only thought to be dead.

use std::sync::Arc;
use std::time::Duration;

use muster_notification::domain::Outcome;
use muster_notification::worker::Worker;
use muster_testkit::{eventually, eventually_some};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::fixture::{Fixture, LEASE, RESEND_AFTER, step, words};
use crate::mail_source::address_of;
use crate::smtp_server::Fault;

fn start(worker: Worker) -> JoinHandle<Vec<Outcome>> {
    tokio::spawn(async move { step(&worker).await })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_not_handed_over_is_sent_when_the_lease_ends() {
    let fixture = Fixture::new().await;
    let subject = fixture.ask().await;
    fixture.source.hold();
    let dying = start(fixture.worker());
    fixture.source.is_asked().await;
    dying.abort();
    fixture.source.release(100);

    assert!(fixture.step().await.is_empty(), "a lease holds until its end");
    fixture.clock.advance(LEASE);
    assert_eq!(words(&fixture.step().await), ["taken"]);
    assert_eq!(
        (
            fixture.row(subject).await.ambiguous_resends,
            fixture.smtp.taken().len()
        ),
        (0, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_may_have_been_taken_is_sent_once_more_with_the_same_bytes_and_then_called_uncertain()
{
    let fixture = Fixture::new().await;
    let subject = fixture.ask().await;
    fixture
        .smtp
        .script([Fault::Held("250 2.0.0 ok"), Fault::CutAfterDot]);
    let dying = start(fixture.worker());
    fixture.smtp.is_holding().await;
    assert_eq!(fixture.row(subject).await.phase.as_deref(), Some("DOT"));
    dying.abort();
    assert!(dying.await.is_err());

    fixture.clock.advance(LEASE);
    assert!(
        fixture.step().await.is_empty(),
        "not at once: the server may still be at work"
    );
    let row = fixture.row(subject).await;
    assert_eq!((row.state.as_str(), row.ambiguous_resends), ("QUEUED", 1));
    assert_eq!(fixture.until(&row), RESEND_AFTER);

    fixture.clock.advance(RESEND_AFTER);
    assert_eq!(words(&fixture.step().await), ["ambiguous"]);
    assert_eq!(fixture.row(subject).await.state, "UNCERTAIN");
    assert_eq!(fixture.published(subject).await, ["UNCERTAIN"]);
    fixture.clock.advance(RESEND_AFTER * 10);
    assert!(fixture.step().await.is_empty(), "nothing more is done");
    let taken = fixture.smtp.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0].text(), taken[1].text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_lost_its_lease_does_not_hand_over() {
    let fixture = Fixture::new().await;
    let subject = fixture.ask().await;
    fixture.source.hold();
    let slow = start(fixture.worker());
    fixture.source.is_asked().await;
    fixture.clock.advance(LEASE);
    let other = start(fixture.worker());
    fixture.source.is_asked().await;

    // Both hold the same delivery in their hands; the slow one comes first.
    fixture.source.release(1);
    assert_eq!(words(&slow.await.unwrap()), ["stopped"]);
    assert!(fixture.smtp.taken().is_empty());
    fixture.source.release(1);
    assert_eq!(words(&other.await.unwrap()), ["taken"]);
    assert_eq!(
        (
            fixture.row(subject).await.state.as_str(),
            fixture.smtp.taken().len()
        ),
        ("SENT", 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_comes_too_late_changes_nothing() {
    let fixture = Fixture::new().await;
    let subject = fixture.ask().await;
    fixture
        .smtp
        .script([Fault::Held("550 5.7.1 spam"), Fault::Held("250 2.0.0 ok")]);
    let slow = start(fixture.worker());
    fixture.smtp.is_holding().await;
    fixture.clock.advance(LEASE);
    assert!(fixture.step().await.is_empty());
    fixture.clock.advance(RESEND_AFTER);
    let other = start(fixture.worker());
    fixture.smtp.is_holding().await;

    fixture.smtp.release();
    assert_eq!(words(&slow.await.unwrap()), ["refused"]);
    let row = fixture.row(subject).await;
    assert_eq!(
        (row.state.as_str(), row.phase.as_deref()),
        ("SENDING", Some("DOT"))
    );
    assert!(fixture.published(subject).await.is_empty());
    fixture.smtp.release();
    assert_eq!(words(&other.await.unwrap()), ["taken"]);
    assert_eq!(fixture.published(subject).await, ["SENT"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_final_dot_starts_the_lease_anew() {
    let fixture = Fixture::new().await;
    let subject = fixture.ask().await;
    fixture.source.hold();
    fixture.smtp.script([Fault::Held("250 2.0.0 ok")]);
    let slow = start(fixture.worker());
    fixture.source.is_asked().await;
    fixture.clock.advance(LEASE - Duration::from_secs(1));
    fixture.source.release(1);
    fixture.smtp.is_holding().await;
    fixture.clock.advance(LEASE - Duration::from_secs(1));
    assert!(fixture.step().await.is_empty());
    fixture.smtp.release();
    assert_eq!(words(&slow.await.unwrap()), ["taken"]);
    assert_eq!(fixture.row(subject).await.state, "SENT");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_been_taken_is_never_called_dropped() {
    let fixture = Fixture::new().await;
    let subject = fixture.ask().await;
    fixture.smtp.script([Fault::CutAfterDot]);
    fixture.step().await;
    fixture.source.cancel(&subject.to_string());
    fixture.clock.advance(RESEND_AFTER);
    fixture.step().await;
    assert_eq!(fixture.published(subject).await, ["UNCERTAIN"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_stopped_gives_back_what_it_has_not_handed_over() {
    let fixture = Fixture::new().await;
    let subject = fixture.ask().await;
    fixture.source.hold();
    let stop = tokio_util::sync::CancellationToken::new();
    let running = tokio::spawn(fixture.worker().run(stop.clone()));
    fixture.source.is_asked().await;
    stop.cancel();
    running.await.unwrap();
    let row = fixture.row(subject).await;
    assert_eq!(
        (row.state.as_str(), fixture.until(&row)),
        ("QUEUED", Duration::ZERO)
    );
    fixture.source.release(100);
    assert_eq!(words(&fixture.step().await), ["taken"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_can_never_be_due_again() {
    let fixture = Fixture::new().await;
    let subject = fixture.ask().await;
    fixture.step().await;
    let mut connection = fixture.database.connection().await;
    let revived = sqlx::query("UPDATE deliveries SET next_attempt_time = create_time")
        .execute(&mut connection)
        .await;
    assert!(revived.unwrap_err().to_string().contains("deliveries_waiting"));
    fixture.clock.advance(Duration::from_secs(100 * 3600));
    assert!(fixture.step().await.is_empty());
    assert_eq!(fixture.row(subject).await.state, "SENT");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_is_written_down_when_the_database_comes_back() {
    let fixture = Fixture::new().await;
    let subject = fixture.ask().await;
    fixture.smtp.script([Fault::Held("250 2.0.0 ok")]);
    let sending = start(fixture.worker());
    fixture.smtp.is_holding().await;
    // A lock stands for an outage: statements give up after a second.
    let mut locker = fixture.database.connection().await;
    sqlx::raw_sql("BEGIN; LOCK TABLE deliveries IN EXCLUSIVE MODE")
        .execute(&mut locker)
        .await
        .unwrap();
    fixture.smtp.release();
    // The first statement that waited has given up, and the next one waits.
    let first = eventually_some(async || waiting_since(&fixture).await).await;
    eventually(async || waiting_since(&fixture).await.is_some_and(|since| since > first)).await;
    sqlx::raw_sql("ROLLBACK").execute(&mut locker).await.unwrap();
    assert_eq!(words(&sending.await.unwrap()), ["taken"]);
    assert_eq!(
        (
            fixture.row(subject).await.state.as_str(),
            fixture.smtp.taken().len()
        ),
        ("SENT", 1)
    );
}

/// Since when a statement in this database has been waiting for a lock, in microseconds since 1970.
async fn waiting_since(fixture: &Fixture) -> Option<i64> {
    const SINCE: &str = "SELECT COALESCE(max(extract(epoch FROM query_start) * 1000000), 0)::bigint
        FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    Some(fixture.database.count(SINCE).await).filter(|since| *since > 0)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_send_everything_once() {
    let fixture = Arc::new(Fixture::new().await);
    for _ in 0..100 {
        fixture.ask().await;
    }
    let (one, other) = tokio::join!(start(fixture.worker()), start(fixture.worker()));
    let outcomes = [one.unwrap(), other.unwrap()].concat();
    assert_eq!(
        words(&outcomes).iter().filter(|word| **word == "taken").count(),
        100
    );
    assert_eq!(fixture.smtp.taken().len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_is_refused_for_ever_costs_the_others_nothing_however_often_the_worker_starts_again() {
    let fixture = Fixture::new().await;
    let mut subjects = Vec::new();
    for _ in 0..100 {
        subjects.push(fixture.ask().await.to_string());
    }
    let refused = &subjects[36];
    fixture.smtp.refuse(address_of(refused));
    let open = "SELECT count(*) FROM deliveries WHERE state NOT IN ('SENT', 'FAILED')";
    // Each message takes the server a while, so that there is something to do at each start.
    fixture
        .smtp
        .script(std::iter::repeat_n(Fault::Slow(Duration::from_millis(5)), 60));
    for round in 0..10 {
        let stop = CancellationToken::new();
        let running = tokio::spawn(fixture.worker().run(stop.clone()));
        tokio::time::sleep(Duration::from_millis(5 + round)).await;
        stop.cancel();
        running.await.unwrap();
    }
    let stop = CancellationToken::new();
    let running = tokio::spawn(fixture.worker().run(stop.clone()));
    eventually(async || fixture.database.count(open).await == 0).await;
    stop.cancel();
    running.await.unwrap();
    let mut taken: Vec<String> = fixture.smtp.taken().into_iter().map(|mail| mail.to).collect();
    taken.sort_unstable();
    let mut others: Vec<String> = subjects
        .iter()
        .filter(|subject| *subject != refused)
        .map(|subject| address_of(subject))
        .collect();
    others.sort_unstable();
    assert_eq!(taken, others, "each of the others has exactly one");
    let failed = "SELECT count(*) FROM deliveries WHERE state = 'FAILED'";
    assert_eq!(fixture.database.count(failed).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_worker_finds_the_server_again_by_itself() {
    let fixture = Fixture::new().await;
    fixture.smtp.close().await;
    for _ in 0..20 {
        fixture.ask().await;
    }
    let stop = tokio_util::sync::CancellationToken::new();
    let running = tokio::spawn(fixture.worker().run(stop.clone()));
    eventually(async || {
        fixture
            .database
            .count("SELECT count(*) FROM deliveries WHERE breaks > 0")
            .await
            > 0
    })
    .await;
    fixture.smtp.reopen().await;
    eventually(async || {
        fixture.clock.advance(Duration::from_secs(1));
        fixture.smtp.taken().len() == 20
    })
    .await;
    stop.cancel();
    running.await.unwrap();
}
