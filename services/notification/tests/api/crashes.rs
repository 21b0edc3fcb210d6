//! Workers that die, and workers that were only thought to be dead.

use std::sync::Arc;
use std::time::Duration;

use muster_notification::domain::Outcome;
use muster_notification::worker::Worker;
use muster_testkit::{eventually, eventually_some};
use tokio::task::JoinHandle;

use crate::smtp_server::Fault;
use crate::world::{LEASE, RESEND_AFTER, World, step, words};

fn start(worker: Worker) -> JoinHandle<Vec<Outcome>> {
    tokio::spawn(async move { step(&worker).await })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_not_handed_over_is_sent_when_the_lease_ends() {
    let world = World::new().await;
    let subject = world.ask().await;
    world.source.hold();
    let dying = start(world.worker());
    world.source.is_asked().await;
    dying.abort();
    world.source.release(100);

    assert!(world.step().await.is_empty(), "a lease holds until its end");
    world.clock.advance(LEASE);
    assert_eq!(words(&world.step().await), ["taken"]);
    assert_eq!(
        (
            world.row(subject).await.ambiguous_resends,
            world.smtp.taken().len()
        ),
        (0, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_may_have_been_taken_is_sent_once_more_with_the_same_bytes_and_then_called_uncertain()
{
    let world = World::new().await;
    let subject = world.ask().await;
    world
        .smtp
        .script([Fault::Held("250 2.0.0 ok"), Fault::CutAfterDot]);
    let dying = start(world.worker());
    world.smtp.is_holding().await;
    assert_eq!(world.row(subject).await.phase.as_deref(), Some("DOT"));
    dying.abort();
    assert!(dying.await.is_err());

    world.clock.advance(LEASE);
    assert!(
        world.step().await.is_empty(),
        "not at once: the server may still be at work"
    );
    let row = world.row(subject).await;
    assert_eq!((row.state.as_str(), row.ambiguous_resends), ("QUEUED", 1));
    assert_eq!(world.until(&row), RESEND_AFTER);

    world.clock.advance(RESEND_AFTER);
    assert_eq!(words(&world.step().await), ["ambiguous"]);
    assert_eq!(world.row(subject).await.state, "UNCERTAIN");
    assert_eq!(world.told(subject).await, ["UNCERTAIN"]);
    world.clock.advance(RESEND_AFTER * 10);
    assert!(world.step().await.is_empty(), "nothing more is done");
    let taken = world.smtp.taken();
    assert_eq!(taken.len(), 2);
    assert_eq!(taken[0].text(), taken[1].text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_lost_its_lease_does_not_hand_over() {
    let world = World::new().await;
    let subject = world.ask().await;
    world.source.hold();
    let slow = start(world.worker());
    world.source.is_asked().await;
    world.clock.advance(LEASE);
    let other = start(world.worker());
    world.source.is_asked().await;

    // Both hold the same delivery in their hands; the slow one comes first.
    world.source.release(1);
    assert_eq!(words(&slow.await.unwrap()), ["stopped"]);
    assert!(world.smtp.taken().is_empty());
    world.source.release(1);
    assert_eq!(words(&other.await.unwrap()), ["taken"]);
    assert_eq!(
        (world.row(subject).await.state.as_str(), world.smtp.taken().len()),
        ("SENT", 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_comes_too_late_changes_nothing() {
    let world = World::new().await;
    let subject = world.ask().await;
    world
        .smtp
        .script([Fault::Held("550 5.7.1 spam"), Fault::Held("250 2.0.0 ok")]);
    let slow = start(world.worker());
    world.smtp.is_holding().await;
    world.clock.advance(LEASE);
    assert!(world.step().await.is_empty());
    world.clock.advance(RESEND_AFTER);
    let other = start(world.worker());
    world.smtp.is_holding().await;

    world.smtp.release();
    assert_eq!(words(&slow.await.unwrap()), ["refused"]);
    let row = world.row(subject).await;
    assert_eq!(
        (row.state.as_str(), row.phase.as_deref()),
        ("SENDING", Some("DOT"))
    );
    assert!(world.told(subject).await.is_empty());
    world.smtp.release();
    assert_eq!(words(&other.await.unwrap()), ["taken"]);
    assert_eq!(world.told(subject).await, ["SENT"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_final_dot_starts_the_lease_anew() {
    let world = World::new().await;
    let subject = world.ask().await;
    world.source.hold();
    world.smtp.script([Fault::Held("250 2.0.0 ok")]);
    let slow = start(world.worker());
    world.source.is_asked().await;
    world.clock.advance(LEASE - Duration::from_secs(1));
    world.source.release(1);
    world.smtp.is_holding().await;
    world.clock.advance(LEASE - Duration::from_secs(1));
    assert!(world.step().await.is_empty());
    world.smtp.release();
    assert_eq!(words(&slow.await.unwrap()), ["taken"]);
    assert_eq!(world.row(subject).await.state, "SENT");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_been_taken_is_never_called_dropped() {
    let world = World::new().await;
    let subject = world.ask().await;
    world.smtp.script([Fault::CutAfterDot]);
    world.step().await;
    world.source.cancel(&subject.to_string());
    world.clock.advance(RESEND_AFTER);
    world.step().await;
    assert_eq!(world.told(subject).await, ["UNCERTAIN"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_stopped_gives_back_what_it_has_not_handed_over() {
    let world = World::new().await;
    let subject = world.ask().await;
    world.source.hold();
    let stop = tokio_util::sync::CancellationToken::new();
    let running = tokio::spawn(world.worker().run(stop.clone()));
    world.source.is_asked().await;
    stop.cancel();
    running.await.unwrap();
    let row = world.row(subject).await;
    assert_eq!(
        (row.state.as_str(), world.until(&row)),
        ("QUEUED", Duration::ZERO)
    );
    world.source.release(100);
    assert_eq!(words(&world.step().await), ["taken"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_can_never_be_due_again() {
    let world = World::new().await;
    let subject = world.ask().await;
    world.step().await;
    let mut connection = world.database.connection().await;
    let revived = sqlx::query("UPDATE deliveries SET next_attempt_time = create_time")
        .execute(&mut connection)
        .await;
    assert!(revived.unwrap_err().to_string().contains("deliveries_waiting"));
    world.clock.advance(Duration::from_secs(100 * 3600));
    assert!(world.step().await.is_empty());
    assert_eq!(world.row(subject).await.state, "SENT");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_is_written_down_when_the_database_comes_back() {
    let world = World::new().await;
    let subject = world.ask().await;
    world.smtp.script([Fault::Held("250 2.0.0 ok")]);
    let sending = start(world.worker());
    world.smtp.is_holding().await;
    // A lock stands for an outage: statements give up after a second.
    let mut locker = world.database.connection().await;
    sqlx::raw_sql("BEGIN; LOCK TABLE deliveries IN EXCLUSIVE MODE")
        .execute(&mut locker)
        .await
        .unwrap();
    world.smtp.release();
    // The first statement that waited has given up, and the next one waits.
    let first = eventually_some(async || waiting_since(&world).await).await;
    eventually(async || waiting_since(&world).await.is_some_and(|since| since > first)).await;
    sqlx::raw_sql("ROLLBACK").execute(&mut locker).await.unwrap();
    assert_eq!(words(&sending.await.unwrap()), ["taken"]);
    assert_eq!(
        (world.row(subject).await.state.as_str(), world.smtp.taken().len()),
        ("SENT", 1)
    );
}

/// Since when a statement in this database has been waiting for a lock, in microseconds since 1970.
async fn waiting_since(world: &World) -> Option<i64> {
    const SINCE: &str = "SELECT COALESCE(max(extract(epoch FROM query_start) * 1000000), 0)::bigint
        FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    Some(world.database.count(SINCE).await).filter(|since| *since > 0)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_send_everything_once() {
    let world = Arc::new(World::new().await);
    for _ in 0..100 {
        world.ask().await;
    }
    let (one, other) = tokio::join!(start(world.worker()), start(world.worker()));
    let outcomes = [one.unwrap(), other.unwrap()].concat();
    assert_eq!(
        words(&outcomes).iter().filter(|word| **word == "taken").count(),
        100
    );
    assert_eq!(world.smtp.taken().len(), 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_worker_finds_the_server_again_by_itself() {
    let world = World::new().await;
    world.smtp.close().await;
    for _ in 0..20 {
        world.ask().await;
    }
    let stop = tokio_util::sync::CancellationToken::new();
    let running = tokio::spawn(world.worker().run(stop.clone()));
    eventually(async || {
        world
            .database
            .count("SELECT count(*) FROM deliveries WHERE breaks > 0")
            .await
            > 0
    })
    .await;
    world.smtp.reopen().await;
    eventually(async || {
        world.clock.advance(Duration::from_secs(1));
        world.smtp.taken().len() == 20
    })
    .await;
    stop.cancel();
    running.await.unwrap();
}
