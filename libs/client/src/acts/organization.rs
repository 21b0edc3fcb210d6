//! Profiles of organizations.

use muster_proto::organization::v1::organization_service_client::OrganizationServiceClient;
use muster_proto::organization::v1::{
    ApproveOrganizationRequest, CloseOrganizationRequest, CreateOrganizationRequest, GetOrganizationRequest,
    Organization, SubmitOrganizationRequest,
};

use super::resource;
use crate::{CallError, Transport, request_id};

/// Creates a profile in DRAFT; the caller owns it.
///
/// # Errors
/// The call failed.
pub async fn create<T: Transport>(owner: &T, organization: Organization) -> Result<Organization, CallError> {
    let request = CreateOrganizationRequest {
        organization: Some(organization),
        request_id: request_id(),
    };
    let send = async |client, request| {
        OrganizationServiceClient::new(client)
            .create_organization(request)
            .await
    };
    resource(owner, request, send, |response| response.organization).await
}

/// Reads a profile.
///
/// # Errors
/// The call failed.
pub async fn get<T: Transport>(reader: &T, name: &str) -> Result<Organization, CallError> {
    let request = GetOrganizationRequest {
        name: name.to_owned(),
    };
    let send = async |client, request| {
        OrganizationServiceClient::new(client)
            .get_organization(request)
            .await
    };
    resource(reader, request, send, |response| response.organization).await
}

/// Submits a profile to the registry.
///
/// # Errors
/// The call failed.
pub async fn submit<T: Transport>(owner: &T, name: &str) -> Result<Organization, CallError> {
    let request = SubmitOrganizationRequest {
        name: name.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        OrganizationServiceClient::new(client)
            .submit_organization(request)
            .await
    };
    resource(owner, request, send, |response| response.organization).await
}

/// Registry staff approve a profile.
///
/// # Errors
/// The call failed.
pub async fn approve<T: Transport>(staff: &T, name: &str, reason: &str) -> Result<Organization, CallError> {
    let request = ApproveOrganizationRequest {
        name: name.to_owned(),
        reason: reason.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        OrganizationServiceClient::new(client)
            .approve_organization(request)
            .await
    };
    resource(staff, request, send, |response| response.organization).await
}

/// The owner or registry staff close an organization, for good.
///
/// # Errors
/// The call failed.
pub async fn close<T: Transport>(closer: &T, name: &str, reason: &str) -> Result<Organization, CallError> {
    let request = CloseOrganizationRequest {
        name: name.to_owned(),
        reason: reason.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        OrganizationServiceClient::new(client)
            .close_organization(request)
            .await
    };
    resource(closer, request, send, |response| response.organization).await
}
