//! Employments, as the organization and as the person see them.

use muster_proto::employment::v1::employment_service_client::EmploymentServiceClient;
use muster_proto::employment::v1::person_employment_service_client::PersonEmploymentServiceClient;
use muster_proto::employment::v1::{
    BatchVerifyEmploymentsRequest, ClaimEmploymentsRequest, CorrectEmploymentRequest, Employment,
    EmploymentClaim, EmploymentOutcome, EndEmploymentRequest, GetEmploymentRequest, LearningRecordConsent,
    LeaveEmploymentRequest, ListEmploymentsRequest, ListEmploymentsResponse, ListPersonEmploymentsRequest,
    PlaceEmploymentRequest, RejectEmploymentRequest, RejectionReason, UndoEndEmploymentRequest,
    UndoLeaveEmploymentRequest, VerifyEmploymentRequest, VerifyOwnerEmploymentRequest,
};

use prost_types::FieldMask;

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

/// Says where the caller works: each site becomes a claim, or the open employment that is there.
///
/// # Errors
/// The call failed.
pub async fn claim<T: Transport>(
    person: &T,
    claims: Vec<EmploymentClaim>,
) -> Result<Vec<Employment>, CallError> {
    let request = ClaimEmploymentsRequest {
        parent: ME.to_owned(),
        claims,
        request_id: request_id(),
    };
    let claimed = call(person, request, async |client, request| {
        PersonEmploymentServiceClient::new(client)
            .claim_employments(request)
            .await
    });
    Ok(claimed.await?.employments)
}

/// As [`claim`], and lets each of the organizations read the caller's learning record: with what the grants are called.
///
/// # Errors
/// The call failed.
pub async fn claim_granting<T: Transport>(
    person: &T,
    mut claims: Vec<EmploymentClaim>,
) -> Result<(Vec<Employment>, Vec<String>), CallError> {
    for claim in &mut claims {
        claim.consent = Some(LearningRecordConsent::default());
    }
    let request = ClaimEmploymentsRequest {
        parent: ME.to_owned(),
        claims,
        request_id: request_id(),
    };
    let claimed = call(person, request, async |client, request| {
        PersonEmploymentServiceClient::new(client)
            .claim_employments(request)
            .await
    });
    let claimed = claimed.await?;
    Ok((claimed.employments, claimed.grants))
}

/// The caller hands a rejected claim in again.
///
/// # Errors
/// The call failed.
pub async fn correct<T: Transport>(person: &T, name: &str) -> Result<Employment, CallError> {
    let request = CorrectEmploymentRequest {
        name: name.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        PersonEmploymentServiceClient::new(client)
            .correct_employment(request)
            .await
    };
    resource(person, request, send, |response| response.employment).await
}

/// Lists the employments of an organization.
///
/// # Errors
/// The call failed.
pub async fn list<T: Transport>(
    reader: &T,
    request: ListEmploymentsRequest,
) -> Result<ListEmploymentsResponse, CallError> {
    let send = async |client, request| {
        EmploymentServiceClient::new(client)
            .list_employments(request)
            .await
    };
    call(reader, request, send).await
}

/// An administrator says in which groups somebody is: in these, and no others.
///
/// # Errors
/// The call failed.
pub async fn place<T: Transport>(admin: &T, name: &str, groups: &[String]) -> Result<Employment, CallError> {
    let employment = Employment {
        name: name.to_owned(),
        groups: groups.to_vec(),
        ..Employment::default()
    };
    let request = PlaceEmploymentRequest {
        employment: Some(employment),
        update_mask: Some(FieldMask {
            paths: vec!["groups".to_owned()],
        }),
        request_id: request_id(),
    };
    let send = async |client, request| {
        EmploymentServiceClient::new(client)
            .place_employment(request)
            .await
    };
    resource(admin, request, send, |response| response.employment).await
}

/// An administrator verifies a claim.
///
/// # Errors
/// The call failed.
pub async fn verify<T: Transport>(admin: &T, name: &str) -> Result<Employment, CallError> {
    let request = VerifyEmploymentRequest {
        name: name.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        EmploymentServiceClient::new(client)
            .verify_employment(request)
            .await
    };
    resource(admin, request, send, |response| response.employment).await
}

/// Registry staff verify the owner's employment, for the reason that the caller states ([`crate::Client::with_reason`]).
///
/// # Errors
/// The call failed.
pub async fn verify_owners<T: Transport>(staff: &T, name: &str) -> Result<Employment, CallError> {
    let request = VerifyOwnerEmploymentRequest {
        name: name.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        EmploymentServiceClient::new(client)
            .verify_owner_employment(request)
            .await
    };
    resource(staff, request, send, |response| response.employment).await
}

/// An administrator verifies many claims at once, each with an outcome of its own.
///
/// # Errors
/// The call failed.
pub async fn verify_all<T: Transport>(
    admin: &T,
    organization: &str,
    names: Vec<String>,
) -> Result<Vec<EmploymentOutcome>, CallError> {
    let request = BatchVerifyEmploymentsRequest {
        parent: organization.to_owned(),
        names,
        request_id: request_id(),
    };
    let send = async |client, request| {
        EmploymentServiceClient::new(client)
            .batch_verify_employments(request)
            .await
    };
    Ok(call(admin, request, send).await?.outcomes)
}

/// An administrator rejects a claim, and says why.
///
/// # Errors
/// The call failed.
pub async fn reject<T: Transport>(
    admin: &T,
    name: &str,
    reason: RejectionReason,
    comment: &str,
) -> Result<Employment, CallError> {
    let request = RejectEmploymentRequest {
        name: name.to_owned(),
        reason: reason.into(),
        comment: comment.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        EmploymentServiceClient::new(client)
            .reject_employment(request)
            .await
    };
    resource(admin, request, send, |response| response.employment).await
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
