//! Who may call what, whoever reaches the port.

use muster_identity::{Access, PersonCaller, Role};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::director_internal_service_client::DirectorInternalServiceClient;
use muster_proto::organization::v1::group_internal_service_client::GroupInternalServiceClient;
use muster_proto::organization::v1::inviting_internal_service_client::InvitingInternalServiceClient;
use muster_proto::organization::v1::profile_user_internal_service_client::ProfileUserInternalServiceClient;
use muster_proto::organization::v1::roles_internal_service_client::RolesInternalServiceClient;
use muster_refusal::ErrorReason;
use muster_testkit::{Callers, TestCaller};

use crate::fixture::{Fixture, name, owner};
use crate::refused::refused;

#[tokio::test(flavor = "multi_thread")]
async fn only_a_signed_in_person_creates_a_profile() {
    let fixture = Fixture::new().await;
    let request = || pb::CreateOrganizationRequest {
        organization: Some(fixture.profile()),
        request_id: String::new(),
    };
    let nobody = fixture
        .profiles(TestCaller::Nobody)
        .create_organization(request())
        .await;
    refused(nobody, ErrorReason::TokenMissing);
    for who in [
        TestCaller::Anonymous,
        TestCaller::WorkloadThroughEdge("learning-system"),
    ] {
        refused(
            fixture.profiles(who).create_organization(request()).await,
            ErrorReason::PermissionDenied,
        );
    }
    let workload = fixture
        .profiles(TestCaller::Workload("gateway"))
        .create_organization(request())
        .await;
    refused(workload, ErrorReason::TokenMissing);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_without_the_permission_reads_nothing() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let read = || pb::GetOrganizationRequest { name: name(id) };
    refused(
        fixture
            .profiles(TestCaller::person("owner"))
            .get_organization(read())
            .await,
        ErrorReason::PermissionDenied,
    );
    // The permission of another method.
    let access = Access {
        permission: "group.read".to_owned(),
        organization: Some(id),
        role: Some(Role::Owner),
    };
    let caller = muster_identity::Caller::Person(PersonCaller {
        access: Some(access),
        ..Callers::person("owner")
    });
    let method = "/muster.organization.v1.OrganizationService/GetOrganization";
    let request = fixture
        .service
        .callers()
        .request(read(), &caller, "organization", method);
    let mut bare = fixture.profiles(TestCaller::Nobody);
    refused(
        bare.get_organization(request).await,
        ErrorReason::PermissionDenied,
    );
    // A token for another method, and one for another service.
    for (service, method) in [
        ("organization", "/muster.organization.v1.GroupService/ListGroups"),
        ("employment", method),
    ] {
        let request = fixture
            .service
            .callers()
            .request(read(), &caller, service, method);
        refused(bare.get_organization(request).await, ErrorReason::TokenInvalid);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn internal_calls_are_for_the_named_workloads_only() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let strangers = [
        TestCaller::Workload("notification"),
        TestCaller::Workload("learning-system"),
    ];
    for who in strangers
        .into_iter()
        .chain([owner(id), TestCaller::staff(id), TestCaller::Nobody])
    {
        let reason = match who {
            TestCaller::Workload(_) => ErrorReason::PermissionDenied,
            _ => ErrorReason::TokenMissing,
        };
        let calls = || fixture.service.calls_of(who.clone());
        let role = RolesInternalServiceClient::new(calls())
            .get_role(pb::GetRoleRequest::default())
            .await;
        refused(role, reason);
        let director = pb::GetDirectorRequest::default();
        refused(
            DirectorInternalServiceClient::new(calls())
                .get_director(director)
                .await,
            reason,
        );
        let mut users = ProfileUserInternalServiceClient::new(calls());
        let all = pb::ListProfileUserRolesRequest::default();
        refused(users.list_profile_user_roles(all).await, reason);
        let contact = pb::GetProfileUserContactRequest::default();
        refused(users.get_profile_user_contact(contact).await, reason);
        let groups = pb::BatchGetGroupsRequest::default();
        refused(
            GroupInternalServiceClient::new(calls())
                .batch_get_groups(groups)
                .await,
            reason,
        );
        let mut inviting = InvitingInternalServiceClient::new(calls());
        let context = pb::GetInvitingContextRequest::default();
        refused(inviting.get_inviting_context(context).await, reason);
        let groups = pb::ListInvitingGroupsRequest::default();
        refused(inviting.list_inviting_groups(groups).await, reason);
        let locations = pb::ListInvitingLocationsRequest::default();
        refused(inviting.list_inviting_locations(locations).await, reason);
    }
}
