//! Employments, as the organization and as the person see them.

use muster_proto::employment::v1::employment_service_client::EmploymentServiceClient;
use muster_proto::employment::v1::person_employment_service_client::PersonEmploymentServiceClient;
use muster_proto::employment::v1::{Employment, GetEmploymentRequest, ListPersonEmploymentsRequest};

use super::{ME, resource};
use crate::{CallError, Transport, call};

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
