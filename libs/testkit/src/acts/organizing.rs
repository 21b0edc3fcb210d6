//! Acts at the organization service.

use std::sync::atomic::{AtomicU32, Ordering};

use muster_client::acts::{catalog, group, location, organization as profile, subscription};
use muster_identity::Role;
use muster_ids::{GroupName, LocationName, OrganizationId, OrganizationName, TrainingName};
use muster_proto::organization::v1 as pb;

use crate::{TestCaller, TestService};

/// A profile of `owner` that registry staff have approved.
pub async fn open_organization(organizations: &TestService, owner: &str) -> OrganizationId {
    static LICENSES: AtomicU32 = AtomicU32::new(1);
    let number = LICENSES.fetch_add(1, Ordering::Relaxed);
    let draft = pb::Organization {
        display_name: "Day nursery".to_owned(),
        licensing_authority: "us-mi".to_owned(),
        license_number: format!("DC {number:06}"),
        ..Default::default()
    };
    let anybody = organizations.calls_of(TestCaller::person(owner));
    let name = profile::create(&anybody, draft).await.expect("a profile").name;
    let OrganizationName { organization } = name.parse().expect("a name");
    let owner = organizations.calls_of(TestCaller::member(owner, organization, Role::Owner));
    profile::submit(&owner, &name).await.expect("submitted");
    let staff = organizations.calls_of(TestCaller::staff(organization));
    let approved = profile::approve(&staff, &name, "license checked with the state").await;
    approved.expect("approved");
    organization
}

/// An active group that requires these trainings; the organization has taken them.
pub async fn make_group(
    organizations: &TestService,
    organization: OrganizationId,
    display_name: &str,
    trainings: &[TrainingName],
) -> GroupName {
    let trainings: Vec<_> = trainings.iter().map(ToString::to_string).collect();
    let owner = organizations.calls_of(owner(organization));
    let made = group::create(&owner, &name(organization), display_name, &trainings).await;
    made.expect("a group").name.parse().expect("a name")
}

/// A place of work.
pub async fn make_location(
    organizations: &TestService,
    organization: OrganizationId,
    display_name: &str,
) -> LocationName {
    let owner = organizations.calls_of(owner(organization));
    let made = location::create(&owner, &name(organization), display_name).await;
    made.expect("a location").name.parse().expect("a name")
}

/// The organization takes a training of the shared catalog into its own. Taking it again changes nothing.
pub async fn take_training(
    organizations: &TestService,
    organization: OrganizationId,
    training: TrainingName,
) {
    let owner = organizations.calls_of(owner(organization));
    let taken = catalog::add_training(&owner, &name(organization), &training.to_string()).await;
    taken.expect("taken");
}

/// A premium plan with these limits.
pub async fn subscribe(organizations: &TestService, organization: OrganizationId, limits: pb::Limits) {
    let staff = organizations.calls_of(TestCaller::staff(organization));
    let subscribed = subscription::activate(&staff, &name(organization), limits, "paid").await;
    subscribed.expect("subscribed");
}

fn owner(organization: OrganizationId) -> TestCaller {
    TestCaller::member("owner", organization, Role::Owner)
}

fn name(organization: OrganizationId) -> String {
    OrganizationName { organization }.to_string()
}

/// The owner closes the organization.
pub async fn close_organization(organizations: &TestService, organization: OrganizationId) {
    let owner = organizations.calls_of(owner(organization));
    let closed = profile::close(&owner, &name(organization), "we have moved away").await;
    closed.expect("closed");
}
