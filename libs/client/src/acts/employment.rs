//! Employments, as the organization and as the person see them.

use muster_proto::employment::v1::employment_service_client::EmploymentServiceClient;
use muster_proto::employment::v1::person_employment_service_client::PersonEmploymentServiceClient;
use muster_proto::employment::v1::{
    Employment, EndEmploymentRequest, GetEmploymentRequest, LeaveEmploymentRequest,
    ListPersonEmploymentsRequest, UndoEndEmploymentRequest, UndoLeaveEmploymentRequest,
};

use super::{ME, resource};
use crate::{CallError, Transport, call, request_id};

/// Reads an employment.
///
/// # Errors
/// The call failed.
pub async fn get<T: Transport>(reader: &T, name: &str) -> Result<Employment, CallError> {
    let request = GetEmploymentRequest {
        name: name.to_owned(),
    };
    let send = async |client, request| EmploymentServiceClient::new(client).get_employment(request).await;
    resource(reader, request, send, |response| response.employment).await
}

/// Lists the caller's own employments: the first page.
///
/// # Errors
/// The call failed.
pub async fn list_own<T: Transport>(person: &T) -> Result<Vec<Employment>, CallError> {
    let request = ListPersonEmploymentsRequest {
        parent: ME.to_owned(),
        ..ListPersonEmploymentsRequest::default()
    };
    let listed = call(person, request, async |client, request| {
        PersonEmploymentServiceClient::new(client)
            .list_person_employments(request)
            .await
    });
    Ok(listed.await?.employments)
}

/// Ends an employment for the organization, on this last day (`2026-03-31`), or at once when it is empty.
///
/// # Errors
/// The call failed.
pub async fn end<T: Transport>(
    admin: &T,
    name: &str,
    reason: &str,
    last_day: &str,
) -> Result<Employment, CallError> {
    let request = EndEmploymentRequest {
        name: name.to_owned(),
        reason: reason.to_owned(),
        request_id: request_id(),
        last_day: last_day.to_owned(),
    };
    let send = async |client, request| EmploymentServiceClient::new(client).end_employment(request).await;
    resource(admin, request, send, |response| response.employment).await
}

/// Takes back that the organization ended it.
///
/// # Errors
/// The call failed.
pub async fn undo_end<T: Transport>(admin: &T, name: &str) -> Result<Employment, CallError> {
    let request = UndoEndEmploymentRequest {
        name: name.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        EmploymentServiceClient::new(client)
            .undo_end_employment(request)
            .await
    };
    resource(admin, request, send, |response| response.employment).await
}

/// Ends the caller's own employment, on this last day (`2026-03-31`), or at once when it is empty.
///
/// # Errors
/// The call failed.
pub async fn leave<T: Transport>(
    person: &T,
    name: &str,
    reason: &str,
    last_day: &str,
) -> Result<Employment, CallError> {
    let request = LeaveEmploymentRequest {
        name: name.to_owned(),
        reason: reason.to_owned(),
        request_id: request_id(),
        last_day: last_day.to_owned(),
    };
    let send = async |client, request| {
        PersonEmploymentServiceClient::new(client)
            .leave_employment(request)
            .await
    };
    resource(person, request, send, |response| response.employment).await
}

/// Takes back that the caller ended their own employment.
///
/// # Errors
/// The call failed.
pub async fn undo_leave<T: Transport>(person: &T, name: &str) -> Result<Employment, CallError> {
    let request = UndoLeaveEmploymentRequest {
        name: name.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        PersonEmploymentServiceClient::new(client)
            .undo_leave_employment(request)
            .await
    };
    resource(person, request, send, |response| response.employment).await
}
