//! People who ask an organization to be let in.

mod asking;
mod deciding;
mod expiring;
mod limits;
mod races;

use muster_identity::PersonCaller;
use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::access_request_service_client::AccessRequestServiceClient;
use muster_proto::organization::v1::person_access_request_service_client::PersonAccessRequestServiceClient;
use muster_testkit::{Callers, TestCaller, TestChannel};
use tonic::Status;

use crate::fixture::{Fixture, name, owner};

pub(crate) fn requests(fixture: &Fixture, who: TestCaller) -> AccessRequestServiceClient<TestChannel> {
    AccessRequestServiceClient::new(fixture.service.calls_of(who))
}

pub(crate) fn own_requests(
    fixture: &Fixture,
    who: TestCaller,
) -> PersonAccessRequestServiceClient<TestChannel> {
    PersonAccessRequestServiceClient::new(fixture.service.calls_of(who))
}

/// A request to be let in by this number.
pub(crate) fn asking(number: &str, role: pb::Role) -> pb::RequestAccessRequest {
    pb::RequestAccessRequest {
        parent: "persons/me".to_owned(),
        organization_number: number.to_owned(),
        role: role.into(),
        message: "I keep the books".to_owned(),
        request_id: String::new(),
    }
}

/// Somebody asks an organization.
pub(crate) async fn ask(
    fixture: &Fixture,
    who: PersonCaller,
    id: OrganizationId,
    role: pb::Role,
) -> Result<pb::AccessRequest, Status> {
    let number = fixture.read(id).await.organization_number;
    let asked = own_requests(fixture, TestCaller::Person(who, None))
        .request_access(asking(&number, role))
        .await?;
    Ok(asked.into_inner().access_request.unwrap())
}

/// Somebody asks to be an ADMIN, and the request waits.
pub(crate) async fn asked(fixture: &Fixture, who: &str, id: OrganizationId) -> pb::AccessRequest {
    let asked = ask(fixture, Callers::person(who), id, pb::Role::Admin)
        .await
        .unwrap();
    assert_eq!(asked.state(), pb::AccessRequestState::Pending);
    asked
}

pub(crate) async fn approve(
    fixture: &Fixture,
    id: OrganizationId,
    request: &pb::AccessRequest,
) -> Result<pb::AccessRequest, Status> {
    let approving = pb::ApproveAccessRequestRequest {
        name: request.name.clone(),
        ..Default::default()
    };
    let approved = requests(fixture, owner(id))
        .approve_access_request(approving)
        .await?;
    Ok(approved.into_inner().access_request.unwrap())
}

pub(crate) async fn deny(
    fixture: &Fixture,
    id: OrganizationId,
    request: &pb::AccessRequest,
) -> Result<pb::AccessRequest, Status> {
    let denying = pb::DenyAccessRequestRequest {
        name: request.name.clone(),
        request_id: String::new(),
    };
    let denied = requests(fixture, owner(id)).deny_access_request(denying).await?;
    Ok(denied.into_inner().access_request.unwrap())
}

pub(crate) async fn withdraw(
    fixture: &Fixture,
    who: &str,
    request: &pb::AccessRequest,
) -> Result<pb::AccessRequest, Status> {
    let withdrawing = pb::WithdrawAccessRequestRequest {
        name: request.name.clone(),
        request_id: String::new(),
    };
    let withdrawn = own_requests(fixture, TestCaller::person(who))
        .withdraw_access_request(withdrawing)
        .await?;
    Ok(withdrawn.into_inner().access_request.unwrap())
}

/// The requests that the owner sees, in one state or in all.
pub(crate) async fn listed(
    fixture: &Fixture,
    id: OrganizationId,
    state: pb::AccessRequestState,
) -> Vec<pb::AccessRequest> {
    let request = pb::ListAccessRequestsRequest {
        parent: name(id),
        state: state.into(),
        ..Default::default()
    };
    let listed = requests(fixture, owner(id)).list_access_requests(request).await;
    listed.unwrap().into_inner().access_requests
}
