//! Who has which role: what the edge asks for every decision.

use muster_ids::{OrganizationId, PersonName};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::roles_internal_service_client::RolesInternalServiceClient;
use muster_refusal::ErrorReason;
use muster_testkit::{Callers, TestCaller};
use uuid::Uuid;

use crate::fixture::{Fixture, name};
use crate::refused::fields;

pub(crate) async fn role(fixture: &Fixture, organization: OrganizationId, person: &str) -> pb::Role {
    let person = PersonName {
        person: Callers::person(person).id,
    }
    .to_string();
    let asked = pb::GetRoleRequest {
        organization: name(organization),
        person,
    };
    let mut roles =
        RolesInternalServiceClient::new(fixture.service.calls_of(TestCaller::Workload("gateway")));
    roles.get_role(asked).await.unwrap().into_inner().role()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_is_who_the_profile_says_and_nobody_else_has_a_role() {
    let fixture = Fixture::new().await;
    let draft = fixture.draft("owner", fixture.profile()).await;
    let other = fixture.draft("outsider", fixture.profile()).await;
    assert_eq!(role(&fixture, draft, "owner").await, pb::Role::Owner);
    assert_eq!(role(&fixture, other, "owner").await, pb::Role::Unspecified);
    assert_eq!(role(&fixture, draft, "outsider").await, pb::Role::Unspecified);
    let nowhere = OrganizationId::from_uuid(Uuid::from_u128(1));
    assert_eq!(role(&fixture, nowhere, "owner").await, pb::Role::Unspecified);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_cannot_be_read_is_refused() {
    let fixture = Fixture::new().await;
    let asked = pb::GetRoleRequest {
        organization: "organizations/x".to_owned(),
        person: "persons/me".to_owned(),
    };
    let mut roles =
        RolesInternalServiceClient::new(fixture.service.calls_of(TestCaller::Workload("employment")));
    let answer = roles.get_role(asked).await;
    assert_eq!(
        fields(answer, ErrorReason::InvalidRequest),
        ["organization", "person"]
    );
}
