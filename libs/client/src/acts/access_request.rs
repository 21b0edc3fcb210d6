//! Requests of people to be let in.

use muster_proto::organization::v1::access_request_service_client::AccessRequestServiceClient;
use muster_proto::organization::v1::person_access_request_service_client::PersonAccessRequestServiceClient;
use muster_proto::organization::v1::{
    AccessRequest, ApproveAccessRequestRequest, ListAccessRequestsRequest, ListAccessRequestsResponse,
    RequestAccessRequest, Role,
};

use super::{ME, resource};
use crate::{CallError, Transport, call, request_id};

/// The caller asks an organization, by its number, to be let in.
///
/// # Errors
/// The call failed.
pub async fn ask<T: Transport>(
    person: &T,
    organization_number: &str,
    role: Role,
    message: &str,
) -> Result<AccessRequest, CallError> {
    let request = RequestAccessRequest {
        parent: ME.to_owned(),
        organization_number: organization_number.to_owned(),
        role: role.into(),
        message: message.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        PersonAccessRequestServiceClient::new(client)
            .request_access(request)
            .await
    };
    resource(person, request, send, |response| response.access_request).await
}

/// Lists the requests to an organization.
///
/// # Errors
/// The call failed.
pub async fn list<T: Transport>(
    owner: &T,
    request: ListAccessRequestsRequest,
) -> Result<ListAccessRequestsResponse, CallError> {
    let send = async |client, request| {
        AccessRequestServiceClient::new(client)
            .list_access_requests(request)
            .await
    };
    call(owner, request, send).await
}

/// The owner lets somebody in, as what they asked to be.
///
/// # Errors
/// The call failed.
pub async fn approve<T: Transport>(owner: &T, name: &str) -> Result<AccessRequest, CallError> {
    let request = ApproveAccessRequestRequest {
        name: name.to_owned(),
        request_id: request_id(),
        ..ApproveAccessRequestRequest::default()
    };
    let send = async |client, request| {
        AccessRequestServiceClient::new(client)
            .approve_access_request(request)
            .await
    };
    resource(owner, request, send, |response| response.access_request).await
}
