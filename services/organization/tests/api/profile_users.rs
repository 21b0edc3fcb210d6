//! Who administers an organization, and where their mail goes: what the employment service asks.

use muster_ids::{OrganizationId, PersonName};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::profile_user_internal_service_client::ProfileUserInternalServiceClient;
use muster_refusal::ErrorReason;
use muster_testkit::{Callers, TestChannel, Who};
use tonic::{Response, Status};

use crate::refused::{fields, refused};
use crate::world::{World, name};

fn profile_users(world: &World) -> ProfileUserInternalServiceClient<TestChannel> {
    ProfileUserInternalServiceClient::new(world.service.calls_of(Who::Workload("employment")))
}

fn person(name: &str) -> String {
    let person = Callers::person(name).id;
    PersonName { person }.to_string()
}

async fn contact(
    world: &World,
    organization: OrganizationId,
    user: &str,
) -> Result<Response<pb::GetProfileUserContactResponse>, Status> {
    let asked = pb::GetProfileUserContactRequest {
        organization: name(organization),
        person: person(user),
    };
    profile_users(world).get_profile_user_contact(asked).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_is_the_one_profile_user() {
    let world = World::new().await;
    let id = world.draft("owner", world.profile()).await;
    let asked = pb::ListProfileUsersRequest {
        organization: name(id),
    };
    let listed = profile_users(&world).list_profile_users(asked).await.unwrap();
    let owner = pb::ProfileUser {
        person: person("owner"),
        role: pb::Role::Owner.into(),
    };
    assert_eq!(listed.into_inner().profile_users, [owner]);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_for_the_owner_goes_to_the_verified_address_that_they_created_the_profile_with() {
    let world = World::new().await;
    let id = world.active().await;
    world.draft("outsider", world.profile()).await;
    let told = contact(&world, id, "owner").await.unwrap().into_inner();
    assert_eq!(told.address, "owner@example.com");
    assert_eq!(told.role(), pb::Role::Owner);
    assert_eq!(told.organization_state(), pb::OrganizationState::Active);
    assert_eq!(told.organization_display_name, world.read(id).await.display_name);
    refused(contact(&world, id, "outsider").await, ErrorReason::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_whose_issuer_told_no_verified_address_has_none() {
    let world = World::new().await;
    let mut nameless = Callers::person("owner");
    nameless.emails.clear();
    let request = pb::CreateOrganizationRequest {
        organization: Some(world.profile()),
        request_id: String::new(),
    };
    let created = world
        .profiles(Who::Person(nameless, None))
        .create_organization(request)
        .await
        .unwrap();
    let id = crate::world::id_of(&created.into_inner().organization.unwrap());
    let told = contact(&world, id, "owner").await.unwrap().into_inner();
    assert_eq!(told.address, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_cannot_be_read_is_refused() {
    let world = World::new().await;
    let asked = pb::GetProfileUserContactRequest {
        organization: "organizations/-".to_owned(),
        person: "persons/me".to_owned(),
    };
    let answer = profile_users(&world).get_profile_user_contact(asked).await;
    assert_eq!(
        fields(answer, ErrorReason::InvalidRequest),
        ["organization", "person"]
    );
}
