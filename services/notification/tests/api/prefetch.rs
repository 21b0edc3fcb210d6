//! What a worker claims before it can begin it.

use std::sync::Arc;
use std::time::Duration;

use muster_notification::worker::Worker;
use muster_testkit::eventually;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::fixture::Fixture;

const SENDING: &str = "SELECT count(*) FROM deliveries WHERE state = 'SENDING'";
const WAITING: &str = "SELECT count(*) FROM deliveries WHERE state = 'QUEUED' AND lease_token IS NULL";

/// A worker that sends one message at a time, with three to send.
async fn one_at_a_time(fixture: &Fixture) -> (JoinHandle<()>, DropGuard) {
    for _ in 0..3 {
        fixture.ask().await;
    }
    let worker = Worker::new(fixture.context(), Arc::new(Notify::new()), 1);
    let stop = CancellationToken::new();
    (tokio::spawn(worker.run(stop.clone())), stop.drop_guard())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_worker_gives_back_what_it_has_claimed_ahead() {
    let fixture = Fixture::new().await;
    fixture.source.hold();
    let (running, stop) = one_at_a_time(&fixture).await;
    fixture.source.is_asked().await;
    assert_eq!(
        fixture.database.count(SENDING).await,
        2,
        "one is begun, one is claimed"
    );
    drop(stop);
    running.await.unwrap();
    assert_eq!(fixture.database.count(WAITING).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_server_is_away_nothing_is_held_that_others_could_send() {
    let fixture = Fixture::new().await;
    fixture.smtp.close().await;
    let (_running, _stop) = one_at_a_time(&fixture).await;
    // A claim raises the version, and so does its end: a break, or being given back untried.
    let given_back = "SELECT count(*) FROM deliveries WHERE version > 1 + 2 * breaks AND state <> 'SENDING'";
    eventually(async || fixture.database.count(given_back).await > 0).await;
    // Once all were tried, nobody holds any.
    let broken = "SELECT count(*) FROM deliveries WHERE breaks > 0 AND state = 'DEFERRED'";
    eventually(async || fixture.database.count(broken).await == 3).await;
    assert_eq!(fixture.database.count(SENDING).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_claimed_too_long_ago_is_not_begun() {
    let fixture = Fixture::new().await;
    fixture.source.hold();
    let mut context = fixture.context();
    context.timing.lease = Duration::from_millis(900);
    let stop = CancellationToken::new();
    for _ in 0..2 {
        fixture.ask().await;
    }
    let worker = Worker::new(context, Arc::new(Notify::new()), 1);
    let _running = tokio::spawn(worker.run(stop.clone()));
    let _stop = stop.drop_guard();
    fixture.source.is_asked().await;
    // A third of the lease later it goes back untried; an attempt would have broken off.
    let given_back = "SELECT count(*) FROM deliveries WHERE version >= 3 AND breaks = 0";
    eventually(async || fixture.database.count(given_back).await == 1).await;
}
