//! Bytes that are no message of the method's request type.

use bytes::Bytes;
use http_body_util::Full;
use muster_clock::Clock;
use muster_identity::{Caller, Role};
use muster_ids::OrganizationId;
use muster_refusal::{ErrorReason, reason_of};
use muster_testkit::Callers;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Service as _, ServiceExt as _};

use crate::small::{CREATE_LOCATION, Fixture};

/// A message as it travels: a flag, its length, itself.
fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0], length.as_slice(), message].concat()
}

/// What the service answers to this body, sent by somebody who may call.
async fn answered(fixture: &Fixture, body: Vec<u8>) -> Status {
    let organization = OrganizationId::from_uuid(Clock::system().new_uuid());
    let caller: Caller = Callers::member("ada", organization, Role::Admin, "location.create");
    let token = fixture
        .callers
        .caller_token(&caller, "organization", CREATE_LOCATION);
    let request = http::Request::post(format!("{}{CREATE_LOCATION}", fixture.url()))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("muster-caller", token)
        .body(Body::new(Full::new(Bytes::from(body))))
        .unwrap();
    let mut channel = fixture.channel().await;
    let response = channel.ready().await.unwrap().call(request).await.unwrap();
    Status::from_header_map(response.headers()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_are_no_message_are_the_callers_mistake_and_told_without_the_decoders_words() {
    let fixture = Fixture::new().await;
    let broken: [(&str, Vec<u8>); 9] = [
        ("a field of another wire type", framed(&[0x08, 1])),
        ("a length beyond the end", framed(&[0x0a, 9, b'x'])),
        ("a text that is not UTF-8", framed(&[0x0a, 2, 0xff, 0xfe])),
        ("a number without end", framed(&[0xff; 11])),
        ("a group that nobody opened", framed(&[0x0c])),
        ("the tag zero", framed(&[0x00])),
        ("an inner message that is cut", framed(&[0x12, 2, 0x12, 9])),
        ("no message at all", Vec::new()),
        (
            "a message that breaks off",
            framed(&[0x0a, 1, b'x'])[..7].to_vec(),
        ),
    ];
    for (what, body) in broken {
        let status = answered(&fixture, body).await;
        assert_eq!(status.code(), Code::InvalidArgument, "{what}: {status:?}");
        assert_eq!(reason_of(&status), Some(ErrorReason::MessageMalformed), "{what}");
        assert!(
            status.message().starts_with("the message is not valid protobuf"),
            "{what}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_can_be_read_is_judged_by_what_it_says() {
    let fixture = Fixture::new().await;
    // Names no organization.
    let status = answered(&fixture, framed(&[])).await;
    assert_eq!(reason_of(&status), Some(ErrorReason::PermissionDenied));
}
