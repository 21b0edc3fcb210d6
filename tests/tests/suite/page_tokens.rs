//! A page token is good for the list, the filter and the caller that it was given to, and for nothing else.

use muster_proto::invitation::v1::ListInvitationsRequest;
use muster_proto::notification::v1::ListDeliveriesRequest;
use muster_proto::notification::v1::delivery_service_client::DeliveryServiceClient;
use muster_proto::organization::v1::group_service_client::GroupServiceClient;
use muster_proto::organization::v1::{CreateGroupRequest, Group, ListGroupsRequest, ListGroupsResponse};
use muster_refusal::{ErrorReason, reason_of};
use tonic::{Response, Status};

use crate::support::{Organization, Suite, with_others};

#[tokio::test]
async fn a_token_of_another_list_filter_or_caller_is_refused() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let (own, other) = (
        Organization::create(&suite).await,
        Organization::create(&suite).await,
    );
    for organization in [&own, &other] {
        second_group(&suite, organization).await;
    }
    let first = groups(&suite, "owner", &own, "").await.unwrap().into_inner();
    let token = first.next_page_token;
    assert!(!token.is_empty(), "there is a second page");

    refused(
        "another organization",
        groups(&suite, "owner", &other, &token).await,
    );
    refused("another caller", groups(&suite, "staff", &own, &token).await);
    let mut altered = token.clone().into_bytes();
    let middle = altered.len() / 2;
    altered[middle] = if altered[middle] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).unwrap();
    refused("an altered one", groups(&suite, "owner", &own, &altered).await);
    let request = ListInvitationsRequest {
        parent: own.name.clone(),
        page_token: token.clone(),
        ..Default::default()
    };
    let invitations = own
        .invitations()
        .list_invitations(suite.call("owner", request))
        .await;
    refused("another list", invitations);
    let request = ListDeliveriesRequest {
        parent: own.name.clone(),
        page_token: token.clone(),
        ..Default::default()
    };
    let mut deliveries = DeliveryServiceClient::new(suite.edge());
    refused(
        "another service",
        deliveries.list_deliveries(suite.call("owner", request)).await,
    );

    let second = groups(&suite, "owner", &own, &token).await.unwrap().into_inner();
    assert_ne!(second.groups, first.groups, "the page that it is for");
}

#[track_caller]
fn refused<T: std::fmt::Debug>(what: &str, answer: Result<Response<T>, Status>) {
    let status = answer.expect_err(what);
    assert_eq!(reason_of(&status), Some(ErrorReason::PageTokenInvalid), "{what}");
}

async fn second_group(suite: &Suite, organization: &Organization) {
    let group = Group {
        display_name: "Aides".into(),
        ..Default::default()
    };
    let request = CreateGroupRequest {
        parent: organization.name.clone(),
        group: Some(group),
        request_id: String::new(),
    };
    let mut groups = GroupServiceClient::new(suite.edge());
    groups.create_group(suite.call("owner", request)).await.unwrap();
}

async fn groups(
    suite: &Suite,
    who: &str,
    organization: &Organization,
    page_token: &str,
) -> Result<Response<ListGroupsResponse>, Status> {
    let request = ListGroupsRequest {
        parent: organization.name.clone(),
        page_size: 1,
        page_token: page_token.to_owned(),
    };
    GroupServiceClient::new(suite.edge())
        .list_groups(suite.call(who, request))
        .await
}
