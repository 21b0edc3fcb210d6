//! Acts at the organization service.

use std::sync::atomic::{AtomicU32, Ordering};

use muster_identity::Role;
use muster_ids::{GroupName, LocationName, OrganizationId, OrganizationName, TrainingName};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::catalog_service_client::CatalogServiceClient;
use muster_proto::organization::v1::group_service_client::GroupServiceClient;
use muster_proto::organization::v1::location_service_client::LocationServiceClient;
use muster_proto::organization::v1::organization_service_client::OrganizationServiceClient;
use muster_proto::organization::v1::subscription_service_client::SubscriptionServiceClient;

use crate::{TestService, Who};

/// A profile of `owner` that registry staff have approved.
pub async fn open_organization(organizations: &TestService, owner: &str) -> OrganizationId {
    static LICENSES: AtomicU32 = AtomicU32::new(1);
    let number = LICENSES.fetch_add(1, Ordering::Relaxed);
    let organization = pb::Organization {
        display_name: "Day nursery".to_owned(),
        licensing_authority: "us-mi".to_owned(),
        license_number: format!("DC {number:06}"),
        ..Default::default()
    };
    let create = pb::CreateOrganizationRequest {
        organization: Some(organization),
        request_id: String::new(),
    };
    let mut client = OrganizationServiceClient::new(organizations.calls_of(Who::person(owner)));
    let made = client.create_organization(create).await.expect("a profile");
    let name = made.into_inner().organization.expect("a profile").name;
    let OrganizationName { organization } = name.parse().expect("a name");
    let submit = pb::SubmitOrganizationRequest {
        name: name.clone(),
        request_id: String::new(),
    };
    let owner = Who::member(owner, organization, Role::Owner);
    let mut client = OrganizationServiceClient::new(organizations.calls_of(owner));
    client.submit_organization(submit).await.expect("submitted");
    let approve = pb::ApproveOrganizationRequest {
        name,
        reason: "license checked with the state".to_owned(),
        request_id: String::new(),
    };
    let mut client = OrganizationServiceClient::new(organizations.calls_of(Who::staff(organization)));
    client.approve_organization(approve).await.expect("approved");
    organization
}

/// An active group that requires these trainings; the organization has taken them.
pub async fn make_group(
    organizations: &TestService,
    organization: OrganizationId,
    display_name: &str,
    trainings: &[TrainingName],
) -> GroupName {
    let group = pb::Group {
        display_name: display_name.to_owned(),
        trainings: trainings.iter().map(ToString::to_string).collect(),
        ..Default::default()
    };
    let request = pb::CreateGroupRequest {
        parent: OrganizationName { organization }.to_string(),
        group: Some(group),
        request_id: String::new(),
    };
    let mut client = GroupServiceClient::new(organizations.calls_of(owner(organization)));
    let made = client.create_group(request).await.expect("a group");
    let name = made.into_inner().group.expect("a group").name;
    name.parse().expect("a name")
}

/// A place of work.
pub async fn make_location(
    organizations: &TestService,
    organization: OrganizationId,
    display_name: &str,
) -> LocationName {
    let location = pb::Location {
        display_name: display_name.to_owned(),
        ..Default::default()
    };
    let request = pb::CreateLocationRequest {
        parent: OrganizationName { organization }.to_string(),
        location: Some(location),
        request_id: String::new(),
    };
    let mut client = LocationServiceClient::new(organizations.calls_of(owner(organization)));
    let made = client.create_location(request).await.expect("a location");
    let name = made.into_inner().location.expect("a location").name;
    name.parse().expect("a name")
}

/// The organization takes a training of the shared catalog into its own. Taking it again changes nothing.
pub async fn take_training(
    organizations: &TestService,
    organization: OrganizationId,
    training: TrainingName,
) {
    let request = pb::AddTrainingRequest {
        parent: OrganizationName { organization }.to_string(),
        training: training.to_string(),
        request_id: String::new(),
    };
    let mut client = CatalogServiceClient::new(organizations.calls_of(owner(organization)));
    client.add_training(request).await.expect("taken");
}

/// A premium plan with these limits.
pub async fn subscribe(organizations: &TestService, organization: OrganizationId, limits: pb::Limits) {
    let request = pb::ActivateSubscriptionRequest {
        name: format!("{}/subscription", OrganizationName { organization }),
        plan: pb::Plan::Premium.into(),
        limits: Some(limits),
        end_time: None,
        reason: "paid".to_owned(),
        request_id: String::new(),
    };
    let mut client = SubscriptionServiceClient::new(organizations.calls_of(Who::staff(organization)));
    client.activate_subscription(request).await.expect("subscribed");
}

fn owner(organization: OrganizationId) -> Who {
    Who::member("owner", organization, Role::Owner)
}
