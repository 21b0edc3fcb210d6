//! Sessions of the edge's pages that were ended before their time.

use std::time::Duration;

use muster_clock::Clock;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::session_internal_service_client::SessionInternalServiceClient;
use muster_refusal::ErrorReason;
use muster_testkit::{TestCaller, TestChannel};
use prost_types::Timestamp;
use time::OffsetDateTime;
use time::macros::datetime;

use crate::fixture::Fixture;
use crate::refused::fields;

fn sessions(fixture: &Fixture) -> SessionInternalServiceClient<TestChannel> {
    SessionInternalServiceClient::new(fixture.service.calls_of(TestCaller::Workload("gateway")))
}

fn digest(session: u8) -> String {
    format!("{session:02x}").repeat(32)
}

/// Ends the session, which would have ended by itself at this time.
async fn end(fixture: &Fixture, session: u8, end_time: OffsetDateTime) {
    let request = pb::EndSessionRequest {
        session_digest: digest(session),
        end_time: Some(Timestamp {
            seconds: end_time.unix_timestamp(),
            nanos: 0,
        }),
    };
    sessions(fixture).end_session(request).await.unwrap();
}

async fn is_ended(fixture: &Fixture, session: u8) -> bool {
    let request = pb::CheckSessionRequest {
        session_digest: digest(session),
    };
    sessions(fixture)
        .check_session(request)
        .await
        .unwrap()
        .into_inner()
        .ended
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_session_stays_ended_until_it_would_have_ended_by_itself() {
    let clock = Clock::fixed(datetime!(2026-03-01 12:00 UTC));
    let fixture = Fixture::at(clock.clone()).await;
    let in_an_hour = || clock.now() + Duration::from_secs(3600);
    assert!(!is_ended(&fixture, 1).await);
    let end_time = in_an_hour();
    for _ in 0..2 {
        end(&fixture, 1, end_time).await;
        assert!(is_ended(&fixture, 1).await);
    }
    assert!(!is_ended(&fixture, 2).await);
    clock.advance(Duration::from_secs(3599));
    end(&fixture, 2, in_an_hour()).await;
    assert!(is_ended(&fixture, 1).await && is_ended(&fixture, 2).await);
    clock.advance(Duration::from_secs(1));
    end(&fixture, 3, in_an_hour()).await;
    assert!(
        !is_ended(&fixture, 1).await,
        "nobody could use it any more, and it is forgotten"
    );
    assert!(is_ended(&fixture, 2).await && is_ended(&fixture, 3).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_named_by_a_digest_and_nothing_else() {
    let fixture = Fixture::new().await;
    for bad in ["", "session", &digest(1)[1..], &digest(0xab).to_uppercase()] {
        let asked = pb::CheckSessionRequest {
            session_digest: bad.to_owned(),
        };
        let answer = sessions(&fixture).check_session(asked).await;
        assert_eq!(
            fields(answer, ErrorReason::InvalidRequest),
            ["session_digest"],
            "{bad}"
        );
    }
}
