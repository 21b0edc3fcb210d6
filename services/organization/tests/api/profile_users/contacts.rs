//! Who has a role, and where their mail goes: what the employment service asks.

use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::profile_user_internal_service_client::ProfileUserInternalServiceClient;
use muster_refusal::ErrorReason;
use muster_testkit::{Callers, TestCaller, TestChannel};
use tonic::{Response, Status};

use super::{add, person};
use crate::access_requests::{approve, asked};
use crate::employed::employed;
use crate::fixture::{Fixture, name};
use crate::refused::{fields, refused};

fn profile_users(fixture: &Fixture) -> ProfileUserInternalServiceClient<TestChannel> {
    ProfileUserInternalServiceClient::new(fixture.service.calls_of(TestCaller::Workload("employment")))
}

async fn contact(
    fixture: &Fixture,
    organization: OrganizationId,
    user: &str,
) -> Result<Response<pb::GetProfileUserContactResponse>, Status> {
    let asked = pb::GetProfileUserContactRequest {
        organization: name(organization),
        person: person(user),
    };
    profile_users(fixture).get_profile_user_contact(asked).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_was_begun_has_its_owner_and_nobody_else() {
    let fixture = Fixture::new().await;
    let id = fixture.draft("owner", fixture.profile()).await;
    let asked = pb::ListProfileUserRolesRequest {
        organization: name(id),
    };
    let listed = profile_users(&fixture)
        .list_profile_user_roles(asked)
        .await
        .unwrap();
    let owner = pb::ProfileUserRole {
        person: person("owner"),
        role: pb::Role::Owner.into(),
    };
    assert_eq!(listed.into_inner().profile_users, [owner]);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_for_the_owner_goes_to_the_verified_address_that_they_created_the_profile_with() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    fixture.draft("outsider", fixture.profile()).await;
    let told = contact(&fixture, id, "owner").await.unwrap().into_inner();
    assert_eq!(told.address, "owner@example.com");
    assert_eq!(told.role(), pb::Role::Owner);
    assert_eq!(told.organization_state(), pb::OrganizationState::Active);
    assert_eq!(
        told.organization_display_name,
        fixture.read(id).await.display_name
    );
    refused(contact(&fixture, id, "outsider").await, ErrorReason::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_whose_issuer_told_no_verified_address_has_none() {
    let fixture = Fixture::new().await;
    let mut nameless = Callers::person("owner");
    nameless.emails.clear();
    let request = pb::CreateOrganizationRequest {
        organization: Some(fixture.profile()),
        request_id: String::new(),
    };
    let created = fixture
        .profiles(TestCaller::Person(nameless, None))
        .create_organization(request)
        .await
        .unwrap();
    let id = crate::fixture::id_of(&created.into_inner().organization.unwrap());
    let told = contact(&fixture, id, "owner").await.unwrap().into_inner();
    assert_eq!(told.address, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_cannot_be_read_is_refused() {
    let fixture = Fixture::new().await;
    let asked = pb::GetProfileUserContactRequest {
        organization: "organizations/-".to_owned(),
        person: "persons/me".to_owned(),
    };
    let answer = profile_users(&fixture).get_profile_user_contact(asked).await;
    assert_eq!(
        fields(answer, ErrorReason::InvalidRequest),
        ["organization", "person"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_asleep_is_neither_listed_nor_written_to() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    employed(&fixture, id, "ada", "VERIFIED").await;
    add(&fixture, id, "ada", pb::Role::Admin).await.unwrap();
    let asked = || pb::ListProfileUserRolesRequest {
        organization: name(id),
    };
    let listed = async || {
        let listed = profile_users(&fixture).list_profile_user_roles(asked()).await;
        listed.unwrap().into_inner().profile_users.len()
    };
    assert_eq!(listed().await, 2);
    let told = contact(&fixture, id, "ada").await.unwrap().into_inner();
    // Nobody told an address of whom somebody else added.
    assert_eq!((told.role(), told.address.as_str()), (pb::Role::Admin, ""));
    employed(&fixture, id, "ada", "PENDING_VERIFICATION").await;
    assert_eq!(listed().await, 1);
    refused(contact(&fixture, id, "ada").await, ErrorReason::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn whose_access_goes_with_their_employment_is_listed_awake_or_asleep() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    for who in ["ada", "bob"] {
        employed(&fixture, id, who, "VERIFIED").await;
        add(&fixture, id, who, pb::Role::Viewer).await.unwrap();
    }
    employed(&fixture, id, "bob", "PENDING_VERIFICATION").await;
    // From a request; and nobody at all.
    let request = asked(&fixture, "eve", id).await;
    approve(&fixture, id, &request).await.unwrap();
    employed(&fixture, id, "sam", "VERIFIED").await;
    let listed = async |organization: String| {
        let request = pb::ListEmployedProfileUsersRequest { organization };
        let listed = profile_users(&fixture).list_employed_profile_users(request).await;
        let mut persons = listed.unwrap().into_inner().persons;
        persons.sort();
        persons
    };
    let mut expected = ["ada", "bob"].map(person);
    expected.sort();
    assert_eq!(listed(name(id)).await, expected);
    let elsewhere = fixture.active().await;
    assert!(listed(name(elsewhere)).await.is_empty());
}
