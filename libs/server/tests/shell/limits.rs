//! Deadlines, panics, sizes, overload.

use std::time::Duration;

use muster_refusal::{ErrorReason, reason_of, trace_of};
use muster_testkit::eventually;
use tokio::time::Instant;
use tonic::Code;

use crate::small::Fixture;

/// The aim is 100 ms after the deadline; a test on a busy machine only tells "soon" from "when the statement is done" (1.5 s).
const SOON: Duration = Duration::from_millis(1400);

const RUNNING: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'active' AND query LIKE 'SELECT pg_sleep%'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_callers_deadline_stops_the_statement() {
    let fixture = Fixture::new().await;
    let mut roles = fixture.roles().await;
    let mut request = fixture.get_role("persons/slow");
    request.set_timeout(Duration::from_millis(400));
    let asked = Instant::now();
    let status = roles.get_role(request).await.unwrap_err();
    // tonic's client has a timer of its own, which may win on a busy machine.
    if status.code() != Code::Cancelled {
        assert_eq!(
            reason_of(&status),
            Some(ErrorReason::DeadlineExceeded),
            "{status:?}"
        );
    }
    let after = asked.elapsed();
    assert!((Duration::from_millis(300)..SOON).contains(&after), "{after:?}");
    while fixture.database.count(RUNNING).await > 0 {
        assert!(asked.elapsed() < SOON, "the statement still runs");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_hangs_up_cancels_nothing_inside() {
    let fixture = Fixture::new().await;
    fixture.database.execute("CREATE TABLE written (n int)").await;
    let mut roles = fixture.roles().await;
    let writes = fixture.get_role("persons/writes");
    let call = tokio::spawn(async move { roles.get_role(writes).await });
    eventually(async || fixture.database.count(RUNNING).await == 1).await;
    // The only client of its connection: that is closed, too.
    call.abort();
    drop(call.await);
    assert_eq!(fixture.database.count("SELECT count(*) FROM written").await, 0);
    eventually(async || fixture.database.count("SELECT count(*) FROM written").await == 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_nobody_waits_for_counts_against_the_limit_and_is_waited_for_when_it_stops() {
    let fixture = Fixture::with_max_calls(1).await;
    fixture.database.execute("CREATE TABLE written (n int)").await;
    let (mut first, mut second) = (fixture.roles().await, fixture.roles().await);
    let writes = fixture.get_role("persons/writes");
    let call = tokio::spawn(async move { first.get_role(writes).await });
    eventually(async || fixture.database.count(RUNNING).await == 1).await;
    call.abort();
    drop(call.await);
    let status = second.get_role(fixture.get_role("persons/1")).await.unwrap_err();
    assert_eq!(reason_of(&status), Some(ErrorReason::Overloaded));
    drop(second);
    fixture.running.stop().await;
    assert_eq!(fixture.database.count("SELECT count(*) FROM written").await, 2);
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_ends_its_call_and_nothing_else() {
    let fixture = Fixture::new().await;
    let mut roles = fixture.roles().await;
    let mut panics = fixture.get_role("persons/panics");
    let within = format!("00-{TRACE}-00f067aa0ba902b7-00").parse().unwrap();
    panics.metadata_mut().insert("traceparent", within);
    let status = roles.get_role(panics).await.unwrap_err();
    assert_eq!(reason_of(&status), Some(ErrorReason::Internal));
    assert_eq!(trace_of(&status).as_deref(), Some(TRACE));
    assert!(!status.message().contains("made up"));
    assert!(roles.get_role(fixture.get_role("persons/1")).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_over_the_limit_is_refused() {
    let fixture = Fixture::new().await;
    let large = "x".repeat(300 * 1024);
    let status = fixture
        .roles()
        .await
        .get_role(fixture.get_role(&large))
        .await
        .unwrap_err();
    assert_eq!(
        reason_of(&status),
        Some(ErrorReason::MessageTooLarge),
        "{status:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_much_is_refused_at_once() {
    let fixture = Fixture::with_max_calls(1).await;
    let (mut first, mut second) = (fixture.roles().await, fixture.roles().await);
    let slow = fixture.get_role("persons/slow");
    let busy = tokio::spawn(async move { first.get_role(slow).await });
    eventually(async || fixture.database.count(RUNNING).await == 1).await;
    let status = second.get_role(fixture.get_role("persons/1")).await.unwrap_err();
    assert_eq!(reason_of(&status), Some(ErrorReason::Overloaded));
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert!(busy.await.unwrap().is_ok());
    assert!(second.get_role(fixture.get_role("persons/1")).await.is_ok());
}
