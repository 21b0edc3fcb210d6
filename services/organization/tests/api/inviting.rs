//! What the invitation service and the records service ask.

use muster_ids::{GroupId, GroupName, OrganizationId};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::group_internal_service_client::GroupInternalServiceClient;
use muster_proto::organization::v1::inviting_internal_service_client::InvitingInternalServiceClient;
use muster_proto::organization::v1::location_service_client::LocationServiceClient;
use muster_proto::organization::v1::subscription_service_client::SubscriptionServiceClient;
use muster_refusal::ErrorReason;
use muster_testkit::{TestChannel, Who};
use uuid::Uuid;

use crate::refused::{fields, refused};
use crate::subscriptions::premium;
use crate::world::{World, name, owner};

fn inviting(world: &World) -> InvitingInternalServiceClient<TestChannel> {
    InvitingInternalServiceClient::new(world.service.calls_of(Who::Workload("invitation")))
}

async fn context(world: &World, id: OrganizationId) -> pb::GetInvitingContextResponse {
    let asked = pb::GetInvitingContextRequest {
        organization: name(id),
    };
    inviting(world)
        .get_inviting_context(asked)
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_context_tells_state_plan_groups_and_locations() {
    let world = World::new().await;
    let id = world.draft("owner", world.profile()).await;
    let empty = context(&world, id).await;
    assert_eq!(
        (empty.state(), empty.plan()),
        (pb::OrganizationState::Draft, pb::Plan::Basic)
    );
    assert_eq!(empty.display_name, "Sunshine Day Care");
    assert!(empty.groups.is_empty() && empty.locations.is_empty());

    let training = world.taken(id, 1).await;
    let staff = world.group(id, "Staff", vec![training]).await;
    let closed = world.group(id, "Closed", vec![]).await;
    let deactivate = "UPDATE groups SET state = 'INACTIVE', version = 2 WHERE display_name = 'Closed'";
    world.service.database.execute(deactivate).await;
    let location = pb::Location {
        display_name: "North".to_owned(),
        ..Default::default()
    };
    let request = pb::CreateLocationRequest {
        parent: name(id),
        location: Some(location),
        request_id: String::new(),
    };
    let mut locations = LocationServiceClient::new(world.service.calls_of(owner(id)));
    let north = locations
        .create_location(request)
        .await
        .unwrap()
        .into_inner()
        .location
        .unwrap();
    let mut subscriptions = SubscriptionServiceClient::new(world.service.calls_of(Who::staff(id)));
    subscriptions.activate_subscription(premium(id)).await.unwrap();

    let told = context(&world, id).await;
    assert_eq!(
        (told.plan(), told.limits),
        (pb::Plan::Premium, premium(id).limits)
    );
    let closed = pb::Group {
        state: pb::GroupState::Inactive.into(),
        etag: "2".to_owned(),
        ..closed
    };
    assert_eq!((told.groups, told.locations), (vec![closed, staff], vec![north]));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_invites_into_an_organization_that_does_not_exist() {
    let world = World::new().await;
    let nowhere = OrganizationId::from_uuid(Uuid::from_u128(1));
    let asked = pb::GetInvitingContextRequest {
        organization: name(nowhere),
    };
    refused(
        inviting(&world).get_inviting_context(asked).await,
        ErrorReason::NotFound,
    );
    let asked = pb::GetInvitingContextRequest {
        organization: "x".to_owned(),
    };
    let answer = inviting(&world).get_inviting_context(asked).await;
    assert_eq!(fields(answer, ErrorReason::InvalidRequest), ["organization"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_groups_of_the_organization_are_read() {
    let world = World::new().await;
    let (id, other) = (world.active().await, world.active().await);
    let training = world.taken(id, 1).await;
    let mine = world.group(id, "Staff", vec![training]).await;
    let theirs = world.group(other, "Staff", vec![]).await;
    let absent = GroupName {
        organization: id,
        group: GroupId::from_uuid(Uuid::from_u128(1)),
    }
    .to_string();
    let their_id = theirs.name.parse::<GroupName>().unwrap().group;
    let disguised = GroupName {
        organization: id,
        group: their_id,
    }
    .to_string();
    let names = vec![mine.name.clone(), theirs.name, absent, disguised];
    let asked = pb::BatchGetGroupsRequest {
        organization: name(id),
        names,
    };
    let mut groups = GroupInternalServiceClient::new(world.service.calls_of(Who::Workload("records")));
    assert_eq!(
        groups.batch_get_groups(asked).await.unwrap().into_inner().groups,
        [mine]
    );
    let broken = pb::BatchGetGroupsRequest {
        organization: name(id),
        names: vec!["groups/1".to_owned()],
    };
    let answer = groups.batch_get_groups(broken).await;
    assert_eq!(fields(answer, ErrorReason::InvalidRequest), ["names[0]"]);
}
