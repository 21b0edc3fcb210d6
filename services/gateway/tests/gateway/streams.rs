//! Streams: every message counts, not only the first.

use std::time::Duration;

use muster_clock::Clock;
use muster_proto::organization::v1::Role;
use muster_refusal::ErrorReason;
use muster_testkit::effort::STREAMS;
use tokio::sync::mpsc;
use tonic::Code;

use crate::backend::HANG;
use crate::support::{Fixture, OURS, THEIRS, eventually};
use crate::wire::{Answer, Call, Wire, field, framed};

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

const WATCH: &str = "invitation.v1.InvitationService/WatchInvitations";
const WATCH_IMPORT: &str = "invitation.v1.ImportService/WatchImport";
const DOWNLOAD: &str = "invitation.v1.ImportService/DownloadRefusedRows";

fn import() -> String {
    format!("{OURS}/imports/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88")
}

#[tokio::test]
async fn a_watch_ends_with_the_token_and_a_file_goes_on() {
    let clock = Clock::fixed(Clock::system().now());
    let fixture = Fixture::at(clock.clone()).await;
    let [ada, bob, eve] = ["ada", "bob", "eve"].map(|who| fixture.member(who, OURS, Role::Admin));
    let open = |token: &str, method, name: &str| {
        let message = [field(1, name), HANG.to_vec()].concat();
        Call::to(method)
            .token(token)
            .hold(&fixture.edge, framed(&message))
    };
    let watches = [open(&ada, WATCH, OURS), open(&bob, WATCH_IMPORT, &import())];
    let watches = watches.map(|(watch, _)| watch);
    let (file, loading) = open(&eve, DOWNLOAD, &import());
    drop(loading);
    eventually(async || fixture.backend.seen().len() == 3).await;
    // Twice as long as it takes until the right is looked at again.
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(
        watches.iter().all(|watch| !watch.is_finished()),
        "the tokens are good"
    );
    // Beyond what clocks may differ by, too.
    clock.advance(Duration::from_secs(600));
    for watch in watches {
        let watch = tokio::time::timeout(Duration::from_secs(15), watch).await;
        let watch = watch.unwrap().unwrap();
        assert_eq!(
            (watch.code(), watch.reason()),
            (Code::Unauthenticated, Some(ErrorReason::TokenInvalid))
        );
    }
    assert!(!file.is_finished(), "what ends by itself may outlive the token");
    fixture.set_role("eve", OURS, Role::Unspecified);
    let file = tokio::time::timeout(Duration::from_secs(15), file).await;
    assert_eq!(file.unwrap().unwrap().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn a_role_that_is_taken_away_ends_a_watch_and_one_that_is_only_lowered_does_not() {
    let import = import();
    tokio::join!(is_ended(WATCH, OURS), is_ended(WATCH_IMPORT, &import));
}

async fn is_ended(method: &str, name: &str) {
    let fixture = Fixture::new().await;
    let token = fixture.member("ada", OURS, Role::Admin);
    let message = [field(1, name), HANG.to_vec()].concat();
    let (watch, watching) = Call::to(method)
        .token(&token)
        .hold(&fixture.edge, framed(&message));
    drop(watching);
    eventually(async || fixture.backend.lookups() > 1).await;
    fixture.set_role("ada", OURS, Role::Viewer);
    let before = fixture.backend.lookups();
    eventually(async || fixture.backend.lookups() > before + 1).await;
    assert!(!watch.is_finished(), "who may read goes on");
    fixture.set_role("ada", OURS, Role::Unspecified);
    let watch = tokio::time::timeout(Duration::from_secs(15), watch).await;
    assert_eq!(watch.unwrap().unwrap().code(), Code::PermissionDenied);
}

/// A stream of which no other test keeps one open: they are counted in the whole process.
const REPORT: &str = "records.v1.StaffReportService/ExportStaffReport";

/// How many of them the gateway is busy with.
async fn active(fixture: &Fixture) -> f64 {
    let (_, metrics) = fixture.operators("/metrics").await;
    let series = format!("edge_active_calls{{method=\"muster.{REPORT}\"}} ");
    let value = metrics.lines().find_map(|line| line.strip_prefix(&series));
    value.map_or(0.0, |value| value.parse().unwrap())
}

#[tokio::test]
async fn streams_whose_clients_are_gone_give_their_places_back_although_the_service_has_not_begun_to_answer()
{
    const OF_EACH: u32 = 20;
    let callers = STREAMS.or::<u32>(200).div_ceil(OF_EACH);
    // A quarter of the places is for such streams, a tenth of those for one caller.
    let places = callers * OF_EACH * 4;
    let fixture = Fixture::told(|settings| settings.listen.max_calls = places).await;
    let message = framed(&[field(1, OURS), HANG.to_vec()].concat());
    let mut open = Vec::new();
    for caller in 0..callers {
        let token = fixture.member(&format!("somebody-{caller}"), OURS, Role::Admin);
        let wire = Wire::to(fixture.address);
        for _ in 0..OF_EACH {
            let (answer, more) = Call::to(REPORT).token(&token).hold(&wire, message.clone());
            drop(more);
            open.push(answer);
        }
    }
    eventually(async || fixture.backend.seen().len() == open.len()).await;
    // Tests of every method call this one, too, for a moment.
    eventually(async || active(&fixture).await == f64::from(callers * OF_EACH)).await;
    assert!(open.iter().all(|answer| !answer.is_finished()));
    // All at once, as when a network is gone.
    open.into_iter().for_each(|answer| answer.abort());
    eventually(async || active(&fixture).await == 0.0).await;
}
