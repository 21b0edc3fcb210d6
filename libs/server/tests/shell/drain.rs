//! Stopping without anybody noticing.

use std::time::Duration;

use muster_testkit::eventually;
use tokio::time::Instant;

use crate::small::Fixture;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_was_accepted_is_answered_while_it_stops() {
    let fixture = Fixture::new().await;
    let mut roles = fixture.roles().await;
    let slow = fixture.get_role("persons/slow");
    let call = tokio::spawn(async move { roles.get_role(slow).await });
    eventually(async || fixture.seen.calls.load(std::sync::atomic::Ordering::Relaxed) == 1).await;
    let address = fixture.running.grpc_address();
    let stopping = Instant::now();
    let stop = tokio::spawn(fixture.running.stop());
    eventually(async || tokio::net::TcpStream::connect(address).await.is_err()).await;
    assert!(!call.is_finished(), "it stops accepting before calls have ended");
    assert!(call.await.unwrap().is_ok());
    stop.await.unwrap();
    assert!(
        stopping.elapsed() < Duration::from_secs(10),
        "{:?}",
        stopping.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_connection_does_not_hold_it_up() {
    let fixture = Fixture::new().await;
    let mut roles = fixture.roles().await;
    roles.get_role(fixture.get_role("persons/1")).await.unwrap();
    let stopping = Instant::now();
    fixture.running.stop().await;
    assert!(
        stopping.elapsed() < Duration::from_secs(5),
        "{:?}",
        stopping.elapsed()
    );
}
