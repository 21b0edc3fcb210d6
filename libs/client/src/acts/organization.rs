//! Profiles of organizations.

use muster_proto::organization::v1::license_service_client::LicenseServiceClient;
use muster_proto::organization::v1::organization_service_client::OrganizationServiceClient;
use muster_proto::organization::v1::person_organization_service_client::PersonOrganizationServiceClient;
use muster_proto::organization::v1::setup_checklist_service_client::SetupChecklistServiceClient;
use muster_proto::organization::v1::submission_service_client::SubmissionServiceClient;
use muster_proto::organization::v1::{
    ApproveOrganizationRequest, CloseOrganizationRequest, CreateOrganizationRequest, GetOrganizationRequest,
    GetSetupChecklistRequest, ListLicenseNumbersRequest, ListLicenseNumbersResponse,
    ListPersonOrganizationsRequest, ListSubmissionsRequest, ListSubmissionsResponse, Organization,
    OrganizationReturnReason, OrganizationType, PersonOrganization, ReinstateOrganizationRequest,
    RenewLicenseRequest, ReturnOrganizationRequest, SetupChecklist, SubmitOrganizationRequest,
    SuspendOrganizationRequest, UpdateOrganizationRequest,
};
use prost_types::FieldMask;

use super::{ME, resource};
use crate::{CallError, Transport, call, request_id};

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

/// The caller's own organizations: those they own or administer.
///
/// # Errors
/// The call failed.
pub async fn list_own<T: Transport>(person: &T) -> Result<Vec<PersonOrganization>, CallError> {
    let request = ListPersonOrganizationsRequest {
        parent: ME.to_owned(),
        ..ListPersonOrganizationsRequest::default()
    };
    let listed = call(person, request, async |client, request| {
        PersonOrganizationServiceClient::new(client)
            .list_person_organizations(request)
            .await
    });
    Ok(listed.await?.organizations)
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

/// Registry staff list what waits for them, those that wait longest first: a page.
///
/// # Errors
/// The call failed.
pub async fn list_submissions<T: Transport>(
    staff: &T,
    request: ListSubmissionsRequest,
) -> Result<ListSubmissionsResponse, CallError> {
    let send = async |client, request| {
        SubmissionServiceClient::new(client)
            .list_submissions(request)
            .await
    };
    call(staff, request, send).await
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

/// Registry staff halt an organization.
///
/// # Errors
/// The call failed.
pub async fn suspend<T: Transport>(staff: &T, name: &str, reason: &str) -> Result<Organization, CallError> {
    let request = SuspendOrganizationRequest {
        name: name.to_owned(),
        reason: reason.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        OrganizationServiceClient::new(client)
            .suspend_organization(request)
            .await
    };
    resource(staff, request, send, |response| response.organization).await
}

/// Registry staff let a halted organization go on.
///
/// # Errors
/// The call failed.
pub async fn reinstate<T: Transport>(staff: &T, name: &str, reason: &str) -> Result<Organization, CallError> {
    let request = ReinstateOrganizationRequest {
        name: name.to_owned(),
        reason: reason.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        OrganizationServiceClient::new(client)
            .reinstate_organization(request)
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

/// What the organization still has to set up.
///
/// # Errors
/// The call failed.
pub async fn setup_checklist<T: Transport>(reader: &T, name: &str) -> Result<SetupChecklist, CallError> {
    let request = GetSetupChecklistRequest {
        parent: name.to_owned(),
    };
    let send = async |client, request| {
        SetupChecklistServiceClient::new(client)
            .get_setup_checklist(request)
            .await
    };
    resource(reader, request, send, |response| response.setup_checklist).await
}

/// Registry staff give a submitted profile back, with what is to be corrected and why.
///
/// # Errors
/// The call failed.
pub async fn give_back<T: Transport>(
    staff: &T,
    name: &str,
    reasons: &[OrganizationReturnReason],
    reason: &str,
) -> Result<Organization, CallError> {
    let request = ReturnOrganizationRequest {
        name: name.to_owned(),
        reasons: reasons.iter().map(|&why| why.into()).collect(),
        reason: reason.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        OrganizationServiceClient::new(client)
            .return_organization(request)
            .await
    };
    resource(staff, request, send, |response| response.organization).await
}

/// Changes the fields of a profile that `paths` name.
///
/// # Errors
/// The call failed.
pub async fn update<T: Transport>(
    admin: &T,
    organization: Organization,
    paths: &[&str],
) -> Result<Organization, CallError> {
    let request = UpdateOrganizationRequest {
        organization: Some(organization),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
        }),
        request_id: request_id(),
    };
    let send = async |client, request| {
        OrganizationServiceClient::new(client)
            .update_organization(request)
            .await
    };
    resource(admin, request, send, |response| response.organization).await
}

/// Registry staff give an approved profile the new license number of its site.
///
/// # Errors
/// The call failed.
pub async fn renew_license<T: Transport>(
    staff: &T,
    name: &str,
    license_number: &str,
    reason: &str,
) -> Result<Organization, CallError> {
    let request = RenewLicenseRequest {
        name: name.to_owned(),
        license_number: license_number.to_owned(),
        reason: reason.to_owned(),
        request_id: request_id(),
        ..RenewLicenseRequest::default()
    };
    let send = async |client, request| LicenseServiceClient::new(client).renew_license(request).await;
    resource(staff, request, send, |response| response.organization).await
}

/// Registry staff give a start-up the number of its first license, and say what that is for.
///
/// # Errors
/// The call failed.
pub async fn give_first_license<T: Transport>(
    staff: &T,
    name: &str,
    kind: OrganizationType,
    license_number: &str,
    reason: &str,
) -> Result<Organization, CallError> {
    let request = RenewLicenseRequest {
        name: name.to_owned(),
        r#type: kind.into(),
        license_number: license_number.to_owned(),
        reason: reason.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| LicenseServiceClient::new(client).renew_license(request).await;
    resource(staff, request, send, |response| response.organization).await
}

/// Lists the license numbers under which a profile was approved, the latest first.
///
/// # Errors
/// The call failed.
pub async fn list_license_numbers<T: Transport>(
    reader: &T,
    request: ListLicenseNumbersRequest,
) -> Result<ListLicenseNumbersResponse, CallError> {
    let send = async |client, request| {
        LicenseServiceClient::new(client)
            .list_license_numbers(request)
            .await
    };
    call(reader, request, send).await
}
