//! Streams: every message counts, not only the first.

use std::time::Duration;

use muster_proto::organization::v1::Role;
use muster_refusal::ErrorReason;
use tokio::sync::mpsc;
use tonic::Code;

use crate::support::{Fixture, OURS, THEIRS, eventually};
use crate::wire::{Answer, Call, field, framed};

const UPLOAD: &str = "invitation.v1.ImportService/UploadImport";

async fn upload(fixture: &Fixture, chunks: Vec<Vec<u8>>) -> Answer {
    let token = fixture.member("ada", OURS, Role::Admin);
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        for chunk in chunks {
            if sender.send(chunk).await.is_err() {
                return;
            }
        }
    });
    Call::to(UPLOAD)
        .token(&token)
        .stream(&fixture.edge, receiver)
        .await
}

#[tokio::test]
async fn messages_of_a_stream_arrive_unchanged_and_in_order() {
    let fixture = Fixture::new().await;
    let messages = [
        field(1, OURS),
        field(4, "one"),
        [field(1, OURS), field(4, "two")].concat(),
        Vec::new(),
    ];
    let bytes: Vec<u8> = messages.iter().flat_map(|message| framed(message)).collect();
    // Cut where no message ends.
    let answer = upload(&fixture, bytes.chunks(7).map(<[u8]>::to_vec).collect()).await;
    assert_eq!(answer.code(), Code::Ok);
    let seen = fixture.backend.only();
    assert!(seen.whole);
    assert_eq!(seen.body, bytes);
    assert!(!seen.headers.contains_key("grpc-timeout"));
}

#[tokio::test]
async fn a_later_message_that_names_another_organization_ends_the_call() {
    let fixture = Fixture::new().await;
    fixture.set_role("ada", THEIRS, Role::Owner);
    let foreign = [field(1, THEIRS), field(4, "smuggled")].concat();
    let answer = upload(
        &fixture,
        vec![
            framed(&field(1, OURS)),
            framed(&foreign),
            framed(&field(4, "more")),
        ],
    )
    .await;
    assert_eq!(
        (answer.code(), answer.reason()),
        (Code::InvalidArgument, Some(ErrorReason::StreamScopeChanged))
    );
    for seen in fixture.backend.seen() {
        assert!(!seen.whole, "the service must not take it for a whole upload");
        assert!(!seen.body.windows(8).any(|window| window == b"smuggled"));
    }
}

#[tokio::test]
async fn a_later_message_that_cannot_be_scanned_ends_the_call() {
    let fixture = Fixture::new().await;
    let first = framed(&field(1, OURS));
    for (bad, reason) in [
        (vec![1, 0, 0, 0, 0], ErrorReason::Internal),
        (vec![0, 0, 4, 0, 1], ErrorReason::MessageTooLarge),
        (
            framed(&[field(1, OURS), field(1, OURS)].concat()),
            ErrorReason::MessageMalformed,
        ),
    ] {
        assert_eq!(
            upload(&fixture, vec![first.clone(), bad]).await.reason(),
            Some(reason)
        );
    }
    assert!(fixture.backend.seen().iter().all(|seen| !seen.whole));
}

#[tokio::test]
async fn a_stream_must_begin_with_the_organization() {
    let fixture = Fixture::new().await;
    let answer = upload(&fixture, vec![framed(&field(4, "one")), framed(&field(1, OURS))]).await;
    assert_eq!(answer.code(), Code::PermissionDenied);
    assert!(fixture.backend.seen().is_empty());
}

#[tokio::test]
async fn a_role_that_is_taken_away_ends_the_stream() {
    let fixture = Fixture::new().await;
    let token = fixture.member("ada", OURS, Role::Admin);
    let first = framed(&field(1, OURS));
    let (answer, more) = Call::to(UPLOAD).token(&token).hold(&fixture.edge, first);
    eventually(async || fixture.backend.lookups() > 1).await;
    assert!(!answer.is_finished(), "they still may");
    fixture.set_role("ada", OURS, Role::Unspecified);
    let answer = tokio::time::timeout(Duration::from_secs(15), answer).await;
    assert_eq!(answer.unwrap().unwrap().code(), Code::PermissionDenied);
    drop(more);
    assert!(fixture.backend.seen().iter().all(|seen| !seen.whole));
}
