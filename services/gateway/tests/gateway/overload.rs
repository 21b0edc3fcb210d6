//! Many calls at once: nobody keeps the others out.

use std::net::IpAddr;

use muster_proto::organization::v1::Role;
use muster_refusal::ErrorReason;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_types::StatusExt as _;

use crate::backend::HANG;
use crate::support::{Fixture, MAX_CALLS, OURS, eventually};
use crate::wire::{Call, Wire, field, framed};

const OWN: &str = "records.v1.PersonRecordService/ListRecordAccesses";
const UPLOAD: &str = "invitation.v1.ImportService/UploadImport";
/// Streams that a gateway under test answers at the same time, and those of one caller.
const STREAMS: usize = MAX_CALLS / 4;
const ONE_CALLERS: usize = STREAMS / 4;

async fn can_call(fixture: &Fixture, subject: &str) -> bool {
    let call = Call::to(OWN).token(&fixture.issuer.token(subject));
    call.send(&fixture.edge, b"").await.code() == Code::Ok
}

#[tokio::test]
async fn clients_that_do_not_read_their_answers_do_not_keep_others_out() {
    let fixture = Fixture::new().await;
    let deaf = Wire::that_does_not_read(fixture.address);
    let mut unread = Vec::new();
    for n in 0..MAX_CALLS {
        let call = Call::to(OWN).token(&fixture.issuer.token(["ada", "bob", "dan"][n % 3]));
        unread.push(call.header("grpc-timeout", "2S").begin(&deaf, b"").await);
    }
    eventually(async || can_call(&fixture, "eve").await).await;
    assert_eq!(unread.len(), MAX_CALLS);
}

#[tokio::test]
async fn callers_whose_message_does_not_come_do_not_keep_others_out() {
    let fixture = Fixture::new().await;
    assert!(can_call(&fixture, "eve").await, "the issuer's keys are fetched");
    let half = framed(&field(1, OURS)).split_at(9).0.to_vec();
    let mut silent = Vec::new();
    for n in 0..MAX_CALLS {
        let token = fixture.issuer.token(["ada", "bob", "dan"][n % 3]);
        // The first message is whole, but not the request; or it is not even whole.
        silent.push(Call::to(OWN).token(&token).hold(&fixture.edge, framed(b"")));
        if n < STREAMS {
            let token = fixture.issuer.token(&format!("somebody-{n}"));
            silent.push(Call::to(UPLOAD).token(&token).hold(&fixture.edge, half.clone()));
        }
    }
    assert!(can_call(&fixture, "eve").await);
    let eve = fixture.member("eve", OURS, Role::Admin);
    let upload = Call::to(UPLOAD).token(&eve);
    assert_eq!(upload.send(&fixture.edge, &field(1, OURS)).await.code(), Code::Ok);
    assert!(
        silent.iter().all(|(answer, _)| !answer.is_finished()),
        "they still wait"
    );
    let (last, _sender) = silent.pop().unwrap();
    assert_eq!(last.await.unwrap().reason(), Some(ErrorReason::DeadlineExceeded));
}

#[tokio::test]
async fn one_caller_cannot_have_all_streams() {
    let fixture = Fixture::new().await;
    let (ada, eve) = (
        fixture.member("ada", OURS, Role::Admin),
        fixture.member("eve", OURS, Role::Admin),
    );
    assert!(can_call(&fixture, "eve").await, "the issuer's keys are fetched");
    let first = framed(&field(1, OURS));
    let mut open: Vec<_> = (0..=ONE_CALLERS)
        .map(|_| Call::to(UPLOAD).token(&ada).hold(&fixture.edge, first.clone()))
        .collect();
    let (one_too_many, _sender) = open.pop().unwrap();
    assert_eq!(
        one_too_many.await.unwrap().reason(),
        Some(ErrorReason::Overloaded)
    );
    let upload = Call::to(UPLOAD).token(&eve);
    assert_eq!(upload.send(&fixture.edge, &field(1, OURS)).await.code(), Code::Ok);
    for (answer, sender) in open {
        drop(sender);
        assert_eq!(answer.await.unwrap().code(), Code::Ok);
    }
}

#[tokio::test]
async fn one_caller_cannot_have_all_of_a_service() {
    let fixture = Fixture::new().await;
    assert!(can_call(&fixture, "eve").await, "the issuer's keys are fetched");
    let mut hanging = Vec::new();
    for _ in 0..MAX_CALLS {
        let token = fixture.issuer.token("ada");
        let (answer, sender) = Call::to(OWN).token(&token).hold(&fixture.edge, framed(HANG));
        drop(sender);
        hanging.push(answer);
    }
    eventually(async || {
        let refused = hanging.iter().filter(|answer| answer.is_finished());
        refused.count() == MAX_CALLS - MAX_CALLS * 2 / 5
    })
    .await;
    assert!(can_call(&fixture, "eve").await);
}

#[tokio::test]
async fn one_service_that_hangs_does_not_take_the_others_with_it() {
    const LISTS: &str = "employment.v1.PersonEmploymentService/ListPersonEmployments";
    let fixture = Fixture::new().await;
    assert!(can_call(&fixture, "eve").await, "the issuer's keys are fetched");
    let mut hanging = Vec::new();
    for n in 0..MAX_CALLS {
        let token = fixture.issuer.token(["ada", "bob", "dan"][n % 3]);
        let (answer, sender) = Call::to(OWN).token(&token).hold(&fixture.edge, framed(HANG));
        drop(sender);
        hanging.push(answer);
    }
    eventually(async || {
        let refused = hanging.iter().filter(|answer| answer.is_finished());
        refused.count() == MAX_CALLS / 2
    })
    .await;
    let other = Call::to(LISTS).token(&fixture.issuer.token("eve"));
    assert_eq!(other.send(&fixture.edge, b"").await.code(), Code::Ok);
}

#[tokio::test]
async fn health_has_places_of_its_own_and_one_network_not_all_of_them() {
    let fixture = Fixture::new().await;
    let watch = || {
        let mut health = HealthClient::new(fixture.channel.clone());
        async move { health.watch(HealthCheckRequest::default()).await }
    };
    let mut watching = Vec::new();
    let refused = loop {
        match watch().await {
            Ok(answer) => watching.push(answer),
            Err(status) => break status,
        }
        assert!(watching.len() < 90, "anybody may have all of it");
    };
    assert_eq!((refused.code(), watching.len()), (Code::ResourceExhausted, 16));
    assert!(can_call(&fixture, "eve").await);
    drop(watching);
    eventually(async || watch().await.is_ok()).await;
}

#[tokio::test]
async fn one_network_cannot_have_all_of_json() {
    const OF_ONE: usize = 64;
    let fixture = Fixture::new().await;
    // The length of a body that never comes.
    let head = "POST /v1/invitations:lookup HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n";
    let mut silent = Vec::new();
    for _ in 0..OF_ONE {
        let mut socket = TcpStream::connect(fixture.address).await.unwrap();
        socket.write_all(head.as_bytes()).await.unwrap();
        silent.push(socket);
    }
    let url = format!("http://{}/v1/nothing", fixture.address);
    let status = async |from: [u8; 4]| {
        let client = reqwest::Client::builder().local_address(IpAddr::from(from));
        let asked = client.build().unwrap().get(&url).send().await;
        asked.unwrap().status().as_u16()
    };
    eventually(async || status([127, 0, 0, 1]).await == 429).await;
    assert_eq!(status([127, 0, 0, 2]).await, 404, "somebody else's network");
    drop(silent);
    eventually(async || status([127, 0, 0, 1]).await == 404).await;
}

#[tokio::test]
async fn one_caller_may_call_so_often_and_hears_when_to_come_again() {
    let fixture = Fixture::told(|settings| settings.calls_per_second = 1).await;
    let calls = async |subject: &str, times: usize| {
        let token = fixture.issuer.token(subject);
        let mut codes = Vec::new();
        for _ in 0..times {
            codes.push(Call::to(OWN).token(&token).send(&fixture.edge, b"").await);
        }
        codes
    };
    // Ten seconds' worth at once. On a slow machine some come back meanwhile, one a second.
    let answers = calls("ada", 200).await;
    let (taken, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.code() == Code::Ok);
    assert!(taken.len() >= 10 && !refused.is_empty(), "{}", taken.len());
    assert!(answers.iter().take(10).all(|answer| answer.code() == Code::Ok));
    for answer in refused {
        assert_eq!(answer.reason(), Some(ErrorReason::RateLimited));
        assert!(answer.status.get_details_retry_info().is_some());
    }
    assert_eq!(calls("eve", 1).await[0].code(), Code::Ok, "others are others");
}
