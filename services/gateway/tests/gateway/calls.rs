//! What happens to calls that are wrong in themselves.

use std::time::{Duration, Instant};

use muster_proto::organization::v1::Role;
use muster_refusal::ErrorReason;
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::backend::{Backend, HANG};
use crate::support::{Fixture, OURS, THEIRS};
use crate::wire::{Answer, Call, field, framed};

const ACCEPT: &str = "invitation.v1.InvitationRedemptionService/AcceptInvitation";
const OWN: &str = "records.v1.PersonRecordService/ListRecordAccesses";
const LIST: &str = "invitation.v1.InvitationService/ListInvitations";

#[tokio::test]
async fn internal_methods_sound_like_methods_that_do_not_exist() {
    let fixture = Fixture::new().await;
    let token = fixture.member("ada", OURS, Role::Owner);
    let internal = [
        "organization.v1.RolesInternalService/GetRole",
        "notification.v1.MailSourceInternalService/GetMail",
    ];
    let unknown = [
        "nothing.v1.NoService/Nothing",
        "invitation.v1.InvitationService/listInvitations",
        "x",
    ];
    let mut heard = Vec::new();
    for method in internal.iter().chain(&unknown) {
        heard.push(Call::to(method).token(&token).send(&fixture.edge, b"").await);
        heard.push(
            Call::to(method)
                .token(&fixture.workload("gateway"))
                .send(&fixture.edge, b"")
                .await,
        );
        heard.push(Call::to(method).send(&fixture.edge, b"").await);
    }
    for answer in &heard {
        assert_eq!(
            (answer.code(), answer.reason()),
            (Code::Unimplemented, Some(ErrorReason::MethodNotFound))
        );
        assert_eq!(answer.bytes(), heard[0].bytes());
    }
    assert!(fixture.backend.seen().is_empty() && fixture.backend.lookups() == 0);
}

#[tokio::test]
async fn a_message_that_two_decoders_could_read_differently_is_refused() {
    let fixture = Fixture::new().await;
    let token = fixture.member("ada", OURS, Role::Owner);
    let reason = async |body: Vec<u8>| {
        Call::to(LIST)
            .token(&token)
            .send_bytes(&fixture.edge, body)
            .await
            .reason()
    };
    let doubled = framed(&[field(1, OURS), field(1, THEIRS)].concat());
    assert_eq!(reason(doubled).await, Some(ErrorReason::MessageMalformed));
    assert_eq!(reason(framed(&[0x0b])).await, Some(ErrorReason::MessageMalformed));
    assert_eq!(
        reason(framed(&[0x0a, 9])).await,
        Some(ErrorReason::MessageMalformed)
    );
    assert_eq!(
        reason([framed(&field(1, OURS)), framed(&field(1, THEIRS))].concat()).await,
        Some(ErrorReason::MessageMalformed)
    );
    assert_eq!(reason(Vec::new()).await, Some(ErrorReason::MessageMalformed));
    assert_eq!(
        reason(vec![0, 0, 0, 0, 9, 1]).await,
        Some(ErrorReason::MessageMalformed)
    );
    assert_eq!(reason(vec![1, 0, 0, 0, 0]).await, Some(ErrorReason::Internal));
    assert_eq!(
        reason(vec![0, 0, 4, 0, 1]).await,
        Some(ErrorReason::MessageTooLarge)
    );
    assert!(
        fixture.backend.seen().iter().all(|seen| !seen.whole),
        "something was forwarded whole"
    );
}

#[tokio::test]
async fn compression_is_refused_and_what_is_taken_instead_is_named() {
    let fixture = Fixture::new().await;
    let token = fixture.member("ada", OURS, Role::Owner);
    for encoding in ["gzip", "deflate", "br", "zstd", "x"] {
        let call = Call::to(LIST).token(&token).header("grpc-encoding", encoding);
        let answer = call.send_bytes(&fixture.edge, vec![1, 0, 0, 0, 0]).await;
        assert_eq!(
            (answer.code(), answer.reason()),
            (Code::Unimplemented, Some(ErrorReason::CompressionNotSupported)),
            "{encoding}"
        );
        let accepted = answer.metadata.get("grpc-accept-encoding").unwrap();
        assert_eq!(accepted, "identity", "{encoding}");
    }
    // The flag without a name for it is an error of the protocol.
    let identity = Call::to(LIST).token(&token).header("grpc-encoding", "identity");
    for call in [Call::to(LIST).token(&token), identity] {
        let answer = call.send_bytes(&fixture.edge, vec![1, 0, 0, 0, 0]).await;
        assert_eq!(answer.code(), Code::Internal);
    }
    assert!(fixture.backend.seen().is_empty());
}

fn is_not_limited(answer: &Answer) -> bool {
    answer.reason() != Some(ErrorReason::RateLimited)
}

#[tokio::test]
async fn a_public_address_may_call_so_often() {
    let fixture = Fixture::new().await;
    let mut answers = Vec::new();
    // A slow machine gets one more for every second that it takes.
    while answers.len() < 200 && answers.last().is_none_or(is_not_limited) {
        answers.push(Call::to(ACCEPT).send(&fixture.edge, b"").await);
    }
    assert!(answers.len() > 60, "{}", answers.len());
    assert_eq!(answers[59].reason(), Some(ErrorReason::TokenMissing));
    let limited = answers.last().unwrap();
    assert_eq!(
        (limited.code(), limited.reason()),
        (Code::ResourceExhausted, Some(ErrorReason::RateLimited))
    );
    assert!(
        limited
            .status
            .get_details_retry_info()
            .and_then(|info| info.retry_delay)
            .is_some()
    );
    // Others are not hurt: the count is by method, and what needs a sign-in is not counted.
    let token = fixture.member("ada", OURS, Role::Owner);
    assert_eq!(
        Call::to(LIST)
            .token(&token)
            .send(&fixture.edge, &field(1, OURS))
            .await
            .code(),
        Code::Ok
    );
}

#[tokio::test]
async fn callers_behind_a_trusted_proxy_are_counted_apart_and_others_cannot_pretend() {
    let behind =
        Fixture::told(|settings| settings.trusted_proxies = Some("127.0.0.0/8".parse().unwrap())).await;
    let direct = Fixture::told(|settings| settings.trusted_proxies = Some("none".parse().unwrap())).await;
    let call = async |fixture: &Fixture, from: &str| {
        let call = Call::to(ACCEPT).header("x-forwarded-for", from);
        call.send(&fixture.edge, b"").await.reason()
    };
    for (fixture, another) in [
        (&behind, ErrorReason::TokenMissing),
        (&direct, ErrorReason::RateLimited),
    ] {
        let mut calls = 0;
        while call(fixture, "198.51.100.1").await != Some(ErrorReason::RateLimited) {
            calls += 1;
            assert!(calls < 600, "there is no limit");
        }
        assert_eq!(call(fixture, "198.51.100.2").await, Some(another));
    }
}

#[tokio::test]
async fn a_call_ends_at_its_deadline_and_the_service_is_told_how_long_it_has() {
    let fixture = Fixture::new().await;
    let token = fixture.issuer.token("ada");
    // The issuer's keys are fetched by the first call.
    let warm = Call::to(OWN).token(&token);
    assert_eq!(warm.send(&fixture.edge, b"").await.code(), Code::Ok);
    let started = Instant::now();
    let answer = Call::to(OWN)
        .token(&token)
        .header("grpc-timeout", "1000m")
        .send(&fixture.edge, HANG)
        .await;
    assert_eq!(
        (answer.code(), answer.reason()),
        (Code::DeadlineExceeded, Some(ErrorReason::DeadlineExceeded))
    );
    assert!(
        (900..5000).contains(&started.elapsed().as_millis()),
        "{:?}",
        started.elapsed()
    );
    let told = fixture.backend.seen().pop().unwrap().headers["grpc-timeout"]
        .to_str()
        .unwrap()
        .to_owned();
    let micros: u64 = told.strip_suffix('u').unwrap().parse().unwrap();
    assert!((100_000..=1_000_000).contains(&micros), "{told}");
}

#[tokio::test]
async fn a_service_that_is_away_is_unavailable() {
    let fixture = Fixture::with_backend(Backend::default(), "http://127.0.0.1:1").await;
    let token = fixture.issuer.token("ada");
    let own = Call::to("records.v1.TrainingService/ListTrainings")
        .token(&token)
        .send(&fixture.edge, b"")
        .await;
    assert_eq!(
        (own.code(), own.reason()),
        (Code::Unavailable, Some(ErrorReason::Unavailable))
    );
    // No role can be known: nobody is let in.
    let started = Instant::now();
    let scoped = Call::to(LIST)
        .token(&token)
        .send(&fixture.edge, &field(1, OURS))
        .await;
    assert_eq!(scoped.code(), Code::Unavailable);
    assert!(started.elapsed() < Duration::from_secs(6));
}

#[tokio::test]
async fn a_strangers_trace_is_not_joined_and_does_not_decide_what_is_recorded() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let arrived = async |fixture: Fixture| {
        let call = Call::to(OWN).token(&fixture.issuer.token("ada"));
        let call = call.header("traceparent", &format!("00-{TRACE}-00f067aa0ba902b7-01"));
        assert_eq!(call.send(&fixture.edge, b"").await.code(), Code::Ok);
        let headers = fixture.backend.only().headers;
        headers["traceparent"].to_str().unwrap().to_owned()
    };
    let strangers = Fixture::told(|settings| {
        settings.public_url = "https://muster.example.org".parse().unwrap();
        settings.trusted_proxies = Some("none".parse().unwrap());
    });
    let traceparent = arrived(strangers.await).await;
    assert!(
        !traceparent.contains(TRACE) && traceparent.ends_with("-00"),
        "{traceparent}"
    );
    // On a developer's machine our own tools begin traces.
    let traceparent = arrived(Fixture::new().await).await;
    assert!(
        traceparent.contains(TRACE) && traceparent.ends_with("-01"),
        "{traceparent}"
    );
}
