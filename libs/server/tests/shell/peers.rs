//! Calls from service to service.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use muster_database::deadline;
use muster_identity::WorkloadTokens;
use muster_proto::organization::v1::roles_internal_service_client::RolesInternalServiceClient;
use muster_server::Peer;
use muster_telemetry::propagation;
use muster_tls::Trust;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tonic::Code;
use tracing::Instrument;

use crate::small::{Fixture, get_role};

fn organization(fixture: &Fixture) -> RolesInternalServiceClient<Peer> {
    organization_at(fixture, &fixture.url())
}

fn organization_at(fixture: &Fixture, urls: &str) -> RolesInternalServiceClient<Peer> {
    let tokens = Arc::new(WorkloadTokens::new(&fixture.common.workload.workload_tokens));
    let trust = Arc::new(Trust::open(None).unwrap());
    let urls = urls.parse().unwrap();
    RolesInternalServiceClient::new(Peer::new("organization", &urls, tokens, &trust))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_is_called_as_this_workload() {
    let fixture = Fixture::new().await;
    assert!(
        organization(&fixture)
            .get_role(get_role("persons/1"))
            .await
            .is_ok()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unavailable_is_tried_three_times_where_the_contract_allows() {
    let fixture = Fixture::new().await;
    assert!(
        organization(&fixture)
            .get_role(get_role("persons/third-time-lucky"))
            .await
            .is_ok()
    );
    assert_eq!(fixture.seen.calls.swap(0, Ordering::Relaxed), 3);
    let status = organization(&fixture)
        .get_role(get_role("persons/out-of-luck"))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert_eq!(fixture.seen.calls.load(Ordering::Relaxed), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_is_given_the_time_that_is_left() {
    let fixture = Fixture::new().await;
    let mut organization = organization(&fixture);
    // Connected, before its time counts.
    organization.get_role(get_role("persons/1")).await.unwrap();
    fixture.seen.calls.store(0, Ordering::Relaxed);
    let end = Instant::now() + Duration::from_millis(500);
    let call = deadline::scope(Some(end), organization.get_role(get_role("persons/slow")));
    let status = call.await.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status:?}");
    // The handler alone takes 1.5 s.
    assert!(end.elapsed() < Duration::from_secs(1));
    assert_eq!(fixture.seen.calls.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_is_found_again_after_a_restart() {
    let fixture = Fixture::new().await;
    let mut organization = organization(&fixture);
    organization.get_role(get_role("persons/1")).await.unwrap();
    let mut while_away = organization.clone();
    let fixture = fixture.restarted(async move || {
        let away = while_away.get_role(get_role("persons/1")).await.unwrap_err();
        assert_eq!(away.code(), Code::Unavailable);
    });
    let _world = fixture.await;
    organization.get_role(get_role("persons/1")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_replicas_one_that_can_be_reached_is_called() {
    let fixture = Fixture::new().await;
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let urls = [nobody.as_str(), &fixture.url(), &nobody].join(",");
    // Each begins with any of them.
    for _ in 0..8 {
        let mut organization = organization_at(&fixture, &urls);
        organization.get_role(get_role("persons/1")).await.unwrap();
    }
    assert_eq!(fixture.seen.calls.load(Ordering::Relaxed), 8);
    let mut away = organization_at(&fixture, &format!("{nobody},{nobody}"));
    let status = away.get_role(get_role("persons/1")).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable, "{status:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_reaches_the_transaction_of_the_callee() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let fixture = Fixture::new().await;
    let caller = tracing::info_span!("caller");
    propagation::set_parent(
        &caller,
        propagation::context_of(&format!("00-{TRACE}-00f067aa0ba902b7-01")),
    );
    organization(&fixture)
        .get_role(get_role("persons/traced"))
        .instrument(caller)
        .await
        .unwrap();
    let traceparent = fixture.seen.traceparent.lock().unwrap().clone().unwrap();
    assert!(
        traceparent.starts_with(&format!("00-{TRACE}-")) && traceparent.ends_with("-01"),
        "{traceparent}"
    );
    assert!(
        !traceparent.contains("00f067aa0ba902b7"),
        "each step has its own span"
    );
}
