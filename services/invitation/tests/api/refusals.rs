//! What breaks a rule of the contract and what only parsing finds are told in one refusal.

use std::fmt::Debug;

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{
    ApproveImportRequest, BatchCreateInvitationsRequest, DeliveryState, DisapproveImportRequest, Invitation,
    ListImportRowsRequest, ListInvitationsRequest,
};
use muster_refusal::{fields_of, reason_of, violations_of};
use tonic::Status;

use crate::fixture::Fixture;

/// The fields that an `INVALID_REQUEST` names.
#[track_caller]
fn told<T: Debug>(answer: Result<T, Status>) -> Vec<String> {
    let status = answer.expect_err("the call was not refused");
    assert_eq!(reason_of(&status), Some(R::InvalidRequest), "{status:?}");
    fields_of(&status)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_refused_once_for_broken_rules_and_what_cannot_be_read() {
    let fixture = Fixture::new().await;
    let mut wanted = fixture.wanted("not an address", &[&fixture.nurses]);
    wanted.groups.push("groups/1".to_owned());
    // A group of somebody else is told when the request can be read, not before.
    let foreign = "organizations/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88/groups";
    wanted
        .groups
        .push(format!("{foreign}/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88"));
    let mut request = fixture.create_request(wanted);
    request.request_id = "x".to_owned();
    assert_eq!(
        told(fixture.invitations().create_invitation(request).await),
        ["request_id", "invitation.address", "invitation.groups[1]"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_refused_once_for_what_is_wrong_with_any_child() {
    let fixture = Fixture::new().await;
    let child = |address| fixture.create_request(fixture.wanted(address, &[&fixture.nurses]));
    let mut foreign = child("ada@example.org");
    foreign.parent = "organizations/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned();
    let ungrouped = fixture.create_request(fixture.wanted("eve@example.org", &[]));
    let request = BatchCreateInvitationsRequest {
        parent: fixture.parent(),
        requests: vec![foreign, child("not an address"), ungrouped],
        request_id: "x".to_owned(),
    };
    let mut fields = told(fixture.invitations().batch_create_invitations(request).await);
    fields.sort();
    let expected = [
        "request_id",
        "requests[0].parent",
        "requests[1].invitation.address",
        "requests[2].invitation.groups",
    ];
    assert_eq!(fields, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_more_children_or_groups_than_the_contract_allows_only_that_is_told() {
    let fixture = Fixture::new().await;
    let batch = |count| BatchCreateInvitationsRequest {
        parent: fixture.parent(),
        requests: vec![fixture.create_request(fixture.wanted("not an address", &[&fixture.nurses])); count],
        request_id: String::new(),
    };
    let mut client = fixture.invitations();
    assert_eq!(
        told(client.batch_create_invitations(batch(1001)).await),
        ["requests"]
    );
    let read = told(client.batch_create_invitations(batch(1000)).await);
    assert_eq!(read[0], "requests[0].invitation.address");
    let wanted = |count| Invitation {
        groups: vec!["groups/1".to_owned(); count],
        ..fixture.wanted("ada@example.org", &[])
    };
    assert_eq!(told(fixture.create_this(wanted(51)).await), ["invitation.groups"]);
    // As many as a refusal has room for, and how many there are beside them.
    let many = fixture.create_this(wanted(50)).await.unwrap_err();
    let omitted = 50 - violations_of(&many).len();
    let told = format!("{omitted} more are not listed");
    assert!(many.message().contains(&told), "{many:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_refused_once_for_its_size_and_its_filter() {
    let fixture = Fixture::new().await;
    let invitations = ListInvitationsRequest {
        parent: fixture.parent(),
        page_size: -1,
        states: vec![99],
        import: "x".to_owned(),
        ..Default::default()
    };
    assert_eq!(
        told(fixture.invitations().list_invitations(invitations).await),
        ["page_size", "states[0]", "import"]
    );
    let rows = ListImportRowsRequest {
        parent: format!("{}/imports/x", fixture.parent()),
        page_size: -1,
        states: vec![99],
        ..Default::default()
    };
    assert_eq!(
        told(fixture.imports().list_import_rows(rows).await),
        ["page_size", "parent", "states[0]"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_refused_once_for_its_import_and_the_rest() {
    let fixture = Fixture::new().await;
    let name = format!("{}/imports/x", fixture.parent());
    let approval = ApproveImportRequest {
        name: name.clone(),
        ..Default::default()
    };
    assert_eq!(
        told(fixture.imports().approve_import(approval).await),
        ["etag", "name"]
    );
    let disapproval = DisapproveImportRequest {
        name,
        request_id: "x".to_owned(),
    };
    assert_eq!(
        told(fixture.imports().disapprove_import(disapproval).await),
        ["request_id", "name"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_worker_is_refused_once_for_the_subject_and_the_generation() {
    let fixture = Fixture::new().await;
    assert_eq!(told(fixture.mail("x", 0).await), ["generation", "subject"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_time_in_the_past_is_refused_with_the_time_here() {
    let fixture = Fixture::new().await;
    let due = |address: &str, seconds: i64| Invitation {
        send_time: Some(prost_types::Timestamp {
            seconds: fixture.clock.now().unix_timestamp() + seconds,
            nanos: 0,
        }),
        ..fixture.wanted(address, &[&fixture.nurses])
    };
    let refused = fixture
        .create_this(due("ada@example.org", -61))
        .await
        .unwrap_err();
    let told = violations_of(&refused);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, "invitation.send_time");
    assert!(told[0].1.contains("2026-03-02T09:00:00Z"), "{told:?}");
    // Clocks differ a little.
    let made = fixture.create_this(due("ada@example.org", -60)).await.unwrap();
    assert_eq!(made.delivery_state(), DeliveryState::Queued);
    let later = fixture.create_this(due("bob@example.org", 1)).await.unwrap();
    assert_eq!(later.delivery_state(), DeliveryState::Scheduled);
}
