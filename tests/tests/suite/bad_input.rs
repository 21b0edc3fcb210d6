//! Bad input: each gets its documented error, and nothing is stored.

use bytes::Bytes;
use muster_proto::invitation::v1::invitation_redemption_service_client::InvitationRedemptionServiceClient;
use muster_proto::invitation::v1::{
    AcceptInvitationRequest, BatchCreateInvitationsRequest, GetInvitationRequest, InvitationState,
    LookupInvitationRequest,
};
use muster_refusal::{ErrorReason, fields_of, quota_of, reason_of};
use prost::Message;
use tonic::codec::CompressionEncoding;
use tonic::{Code, Status};

use crate::support::{Organization, RawCall, Suite, link_for, token_of, with_others};

/// Invitations and imports.
const NOTHING: (i64, i64) = (0, 0);
const CREATE: &str = "/muster.invitation.v1.InvitationService/CreateInvitation";

#[track_caller]
fn reason<T: std::fmt::Debug>(result: Result<T, Status>) -> ErrorReason {
    let status = result.expect_err("it should have been refused");
    reason_of(&status).unwrap_or_else(|| panic!("no reason: {status:?}"))
}

#[tokio::test]
async fn bad_tokens_are_refused_one_and_all() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let good = suite.token("owner");
    let (head, rest) = good.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let none = "eyJhbGciOiJub25lIn0";
    let altered = format!(
        "{}{}",
        if claims.starts_with('A') { "B" } else { "A" },
        &claims[1..]
    );
    for bad in [
        String::new(),
        "x".into(),
        "a.b.c".into(),
        format!("{none}.{claims}."),
        format!("{head}.{altered}.{signature}"),
        format!("{head}.{claims}."),
        format!("{good}x"),
        suite.workload_token("learning-system", "records"),
    ] {
        let call = RawCall::new(CREATE, Bytes::new()).bearer(&bad);
        let refused = reason(call.send(suite.edge()).await);
        assert_eq!(refused, ErrorReason::TokenInvalid, "{} bytes", bad.len());
    }
    let none = RawCall::new(CREATE, Bytes::new());
    assert_eq!(reason(none.send(suite.edge()).await), ErrorReason::TokenMissing);
    let twice = none.bearer(&good).bearer(&good);
    assert_eq!(reason(twice.send(suite.edge()).await), ErrorReason::TokenInvalid);
}

#[tokio::test]
async fn a_compressed_message_is_refused() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let inviting = organization.inviting("small@example.test").encode_to_vec();
    let mut call = RawCall::new(CREATE, inviting).bearer(&suite.token("owner"));
    call.compression = Some(CompressionEncoding::Gzip);
    assert_eq!(
        reason(call.send(suite.edge()).await),
        ErrorReason::CompressionNotSupported
    );
    assert_eq!(organization.stored(&suite).await, NOTHING);
}

#[tokio::test]
async fn messages_that_are_unknown_oversized_or_malformed_are_refused() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let send = async |bytes: Vec<u8>| {
        RawCall::new(CREATE, bytes)
            .bearer(&suite.token("owner"))
            .send(suite.edge())
            .await
    };
    let good = organization.inviting("somebody@example.test").encode_to_vec();

    let mut huge = organization.inviting("somebody@example.test");
    huge.invitation.as_mut().unwrap().address = "x".repeat(300 * 1024);
    assert_eq!(
        reason(send(huge.encode_to_vec()).await),
        ErrorReason::MessageTooLarge
    );

    let mut twice = good.clone();
    twice.extend_from_slice(&organization.inviting("x@example.test").encode_to_vec());
    assert_eq!(
        reason(send(twice).await),
        ErrorReason::MessageMalformed,
        "the scope is named twice"
    );

    let cut = good[..good.len() - 3].to_vec();
    let refused = reason(send(cut).await);
    assert!(
        matches!(
            refused,
            ErrorReason::MessageMalformed | ErrorReason::InvalidRequest
        ),
        "{refused:?}"
    );

    let unknown = RawCall::new("/muster.invitation.v1.InvitationService/Explode", Bytes::new());
    assert_eq!(
        reason(unknown.bearer(&suite.token("owner")).send(suite.edge()).await),
        ErrorReason::MethodNotFound
    );
    assert_eq!(organization.stored(&suite).await, NOTHING);
}

/// The fields that a batch is refused for, in order.
async fn wrong_fields(
    suite: &Suite,
    organization: &Organization,
    request: BatchCreateInvitationsRequest,
) -> Vec<String> {
    let request = suite.call("owner", request);
    let answer = organization.invitations().batch_create_invitations(request).await;
    let status = answer.unwrap_err();
    assert_eq!(reason_of(&status), Some(ErrorReason::InvalidRequest));
    let mut fields = fields_of(&status);
    fields.sort();
    fields
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let three = ["good@example.test".into(), "bad".into(), "worse@".into()];
    let mut against_meaning = organization.inviting_all(&three);
    let last = against_meaning.requests[2].invitation.as_mut().unwrap();
    last.groups = vec!["groups/none".into()];
    let fields = [
        "requests[1].invitation.address",
        "requests[2].invitation.address",
        "requests[2].invitation.groups[0]",
    ];
    assert_eq!(wrong_fields(&suite, &organization, against_meaning).await, fields);

    let mut against_rules = organization.inviting_all(&["good@example.test".into(), "x".into()]);
    against_rules.request_id = "seven".into();
    against_rules.requests[1]
        .invitation
        .as_mut()
        .unwrap()
        .groups
        .clear();
    let fields = [
        "request_id",
        "requests[1].invitation.address",
        "requests[1].invitation.groups",
    ];
    assert_eq!(wrong_fields(&suite, &organization, against_rules).await, fields);
    assert_eq!(organization.stored(&suite).await, NOTHING);
}

#[tokio::test]
async fn eleven_addresses_by_hand_are_refused_whole() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let addresses: Vec<String> = (1..=11).map(|n| format!("n{n}@example.test")).collect();
    let request = suite.call("owner", organization.inviting_all(&addresses));
    let status = organization
        .invitations()
        .batch_create_invitations(request)
        .await
        .unwrap_err();
    assert_eq!(reason_of(&status), Some(ErrorReason::TooManyInvitations));
    assert_eq!(quota_of(&status), Some((11, 10)));
    assert_eq!(organization.stored(&suite).await, NOTHING);

    let request = suite.call("owner", organization.inviting_all(&addresses[..10]));
    let made = organization
        .invitations()
        .batch_create_invitations(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(made.invitations.len(), 10);
}

#[tokio::test]
async fn an_id_of_another_organization_is_no_id_of_ones_own() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let (mine, theirs) = (
        Organization::create(&suite).await,
        Organization::owned_by(&suite, "outsider").await,
    );
    let foreign = theirs.invite(&suite, "theirs@example.test").await.name;
    let get = async |name: String| {
        let request = suite.call("owner", GetInvitationRequest { name });
        let status = mine.invitations().get_invitation(request).await.unwrap_err();
        (
            status.code(),
            status.message().to_owned(),
            Bytes::copy_from_slice(status.details()),
        )
    };
    let smuggled = foreign.replace(&theirs.name, &mine.name);
    let absent = format!("{}/invitations/00000000-0000-7000-8000-000000000000", mine.name);
    let answer = get(smuggled).await;
    assert_eq!(answer.0, Code::NotFound);
    assert_eq!(answer, get(absent).await);
    assert_eq!(get(foreign).await.0, Code::PermissionDenied);
}

#[tokio::test]
async fn a_link_changed_by_one_character_is_no_link() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let address = format!("link-{}@example.test", suite.unique());
    organization.invite(&suite, &address).await;
    let token = token_of(&link_for(&suite, &address).await);
    let mut redemption = InvitationRedemptionServiceClient::new(suite.edge());
    let good = redemption
        .lookup_invitation(LookupInvitationRequest { token: token.clone() })
        .await
        .unwrap();
    assert_eq!(good.into_inner().organization_display_name, "Test Kindergarten");
    for position in (0..token.len()).step_by(token.len() / 12) {
        let mut bytes = token.clone().into_bytes();
        bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(bytes).unwrap();
        let result = redemption
            .lookup_invitation(LookupInvitationRequest { token: altered })
            .await;
        assert_eq!(reason(result), ErrorReason::LinkInvalid, "character {position}");
    }
}

#[tokio::test]
async fn the_wrong_persons_session_leaves_the_invitation_untouched() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let address = format!("invitee-{}@example.test", suite.unique());
    let invitation = organization.invite(&suite, &address).await;
    let token = token_of(&link_for(&suite, &address).await);
    let mut redemption = InvitationRedemptionServiceClient::new(suite.edge());
    let accept = AcceptInvitationRequest {
        token,
        request_id: String::new(),
    };
    let wrong = redemption
        .accept_invitation(suite.call("learner-8", accept.clone()))
        .await;
    assert_eq!(reason(wrong), ErrorReason::AddressMismatch);
    let state = organization.read(&suite, &invitation.name).await.state();
    assert!(
        matches!(state, InvitationState::Prospect | InvitationState::Pending),
        "{state:?}"
    );
    redemption
        .accept_invitation(suite.call(&address, accept))
        .await
        .unwrap();
}
