//! What a client does with a call on its way.
#![expect(clippy::unwrap_used, reason = "tests end by panicking")]

mod server;

use std::time::{Duration, Instant};

use muster_client::acts::training::report_progress;
use muster_client::{CallError, Client, TokenSource};
use muster_refusal::{ErrorReason, Refusal};
use server::Server;
use tonic::Code;

const ASSIGNMENT: &str = "persons/1/assignments/2";

async fn report(client: &Client) -> Result<(), CallError> {
    report_progress(client, ASSIGNMENT, 40).await
}

#[tokio::test]
async fn a_call_brings_a_token_a_deadline_and_a_trace() {
    let server = Server::start(|_| Some(Ok(()))).await;
    let anybody = Client::connect(&server.url).unwrap();
    let caller = anybody.with_token(TokenSource::fixed("secret").unwrap());
    report(&caller).await.unwrap();
    let (metadata, message) = server.calls().remove(0);
    assert_eq!(metadata.get("authorization").unwrap(), "Bearer secret");
    assert!(metadata.get("grpc-timeout").is_some());
    let trace = caller.latest_trace().unwrap();
    let parent = metadata.get("traceparent").unwrap().to_str().unwrap();
    assert!(parent.contains(trace.as_str()), "{parent}");
    assert_eq!((message.assignment.as_str(), message.percent), (ASSIGNMENT, 40));

    report(&anybody).await.unwrap();
    assert!(server.calls()[1].0.get("authorization").is_none());
}

#[tokio::test]
async fn a_write_that_is_tried_again_is_the_same_write() {
    let server = Server::start(|number| {
        Some(if number < 3 {
            Err(Refusal::unavailable().into())
        } else {
            Ok(())
        })
    });
    let server = server.await;
    report(&Client::connect(&server.url).unwrap()).await.unwrap();
    let ids: Vec<_> = server
        .calls()
        .into_iter()
        .map(|(_, message)| message.request_id)
        .collect();
    assert_eq!(ids.len(), 3);
    assert!(!ids[0].is_empty());
    assert_eq!(ids, vec![ids[0].clone(); 3]);
}

#[tokio::test]
async fn what_stays_unavailable_is_given_up_after_three_attempts_and_other_refusals_at_once() {
    let away = Server::start(|_| Some(Err(Refusal::unavailable().into()))).await;
    let error = report(&Client::connect(&away.url).unwrap()).await.unwrap_err();
    assert_eq!((error.code(), away.calls().len()), (Code::Unavailable, 3));

    let refusing = Server::start(|_| Some(Err(Refusal::new(ErrorReason::NotFound, "not here").into()))).await;
    report(&Client::connect(&refusing.url).unwrap())
        .await
        .unwrap_err();
    assert_eq!(refusing.calls().len(), 1);
}

#[tokio::test]
async fn a_failure_says_which_rpc_why_and_in_which_trace() {
    let server = Server::start(|_| Some(Err(Refusal::new(ErrorReason::NotFound, "not here").into()))).await;
    let client = Client::connect(&server.url).unwrap();
    let error = report(&client).await.unwrap_err();
    assert_eq!(
        (error.rpc(), error.package()),
        ("ReportProgress", "muster.records.v1")
    );
    assert_eq!(error.reason(), Some(ErrorReason::NotFound));
    assert_eq!(error.trace(), client.latest_trace());
    assert_eq!(error.to_string(), "ReportProgress: NotFound, NOT_FOUND: not here");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up_at_the_deadline() {
    let server = Server::start(|_| None).await;
    let client = Client::connect(&server.url).unwrap();
    let hasty = client.with_timeout(Duration::from_secs(1));
    let started = Instant::now();
    let error = report(&hasty).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(server.calls().len(), 1);
}

#[tokio::test]
async fn without_a_gateway_or_a_token_nothing_is_sent_and_the_error_says_why() {
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let client = Client::connect(&format!("http://{nowhere}")).unwrap();
    let error = report(&client).await.unwrap_err();
    assert_eq!((error.code(), error.reason()), (Code::Unavailable, None));

    let server = Server::start(|_| Some(Ok(()))).await;
    let unmounted = TokenSource::file("/nowhere/token");
    let caller = Client::connect(&server.url).unwrap().with_token(unmounted);
    let error = report(&caller).await.unwrap_err();
    assert_eq!(error.code(), Code::Unauthenticated);
    assert!(error.to_string().contains("/nowhere/token"), "{error}");
    assert!(server.calls().is_empty());
}

#[tokio::test]
async fn a_reason_goes_with_every_call_of_the_one_who_states_it() {
    let server = Server::start(|number| {
        Some(if number == 1 {
            Err(Refusal::unavailable().into())
        } else {
            Ok(())
        })
    });
    let server = server.await;
    let staff = Client::connect(&server.url).unwrap();
    let told = staff.with_reason(" ticket 4711: Jürgen cannot sign in ").unwrap();
    report(&told).await.unwrap();
    report(&staff).await.unwrap();
    let calls = server.calls();
    let reasons: Vec<_> = calls
        .iter()
        .map(|(metadata, _)| {
            metadata
                .get("muster-reason")
                .map(|reason| reason.as_encoded_bytes())
        })
        .collect();
    let said = Some("ticket 4711: Jürgen cannot sign in".as_bytes());
    assert_eq!(reasons, [said, said, None]);
}

#[tokio::test]
async fn a_reason_that_others_cannot_read_is_refused() {
    let client = Client::connect("http://localhost:1").unwrap();
    for (reason, told) in [
        ("", "a reason must have 1 to 500 characters"),
        ("  ", "a reason must have 1 to 500 characters"),
        (
            "ticket \u{202e}1174",
            "a reason must not hold U+202E, which cannot be seen; remove it: others are to read it",
        ),
        (
            "one\ntwo",
            "a reason must be one line of text, without control characters: others are to read it",
        ),
    ] {
        assert_eq!(
            client.with_reason(reason).unwrap_err().to_string(),
            told,
            "{reason:?}"
        );
    }
    assert!(client.with_reason(&"ü".repeat(500)).is_ok());
    assert!(client.with_reason(&"ü".repeat(501)).is_err());
}

#[test]
fn an_address_that_is_none_is_refused() {
    for address in ["", "localhost", "ftp://host", "http://"] {
        let error = Client::connect(address).unwrap_err().to_string();
        assert!(error.contains("write it as"), "{address}: {error}");
    }
}
