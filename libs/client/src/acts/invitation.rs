//! Invitations, as the organization has them.

use std::time::SystemTime;

use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::learner_service_client::LearnerServiceClient;
use muster_proto::invitation::v1::{
    BatchCancelInvitationsRequest, BatchCreateInvitationsRequest, BatchResendInvitationsRequest,
    CreateInvitationRequest, GetAnnouncementRequest, GetAnnouncementResponse, GetInvitationRequest,
    Invitation, InvitationFilter, InvitationOutcome, InvitationState, ListInvitationsRequest,
    ListInvitationsResponse, ListLearnersRequest, ListLearnersResponse, RescheduleInvitationRequest,
    ResendInvitationRequest,
};

use super::resource;
use crate::{CallError, Transport, call, request_id};

/// The words to tell people beforehand, in the organization's language.
///
/// # Errors
/// The call failed.
pub async fn announcement<T: Transport>(
    reader: &T,
    organization: &str,
) -> Result<GetAnnouncementResponse, CallError> {
    let request = GetAnnouncementRequest {
        parent: organization.to_owned(),
        language: String::new(),
    };
    let told = call(reader, request, async |client, request| {
        InvitationServiceClient::new(client)
            .get_announcement(request)
            .await
    });
    told.await
}

/// Invites somebody by hand.
///
/// # Errors
/// The call failed.
pub async fn create<T: Transport>(
    inviter: &T,
    organization: &str,
    invitation: Invitation,
) -> Result<Invitation, CallError> {
    let request = CreateInvitationRequest {
        parent: organization.to_owned(),
        invitation: Some(invitation),
        request_id: request_id(),
    };
    let send = async |client, request| {
        InvitationServiceClient::new(client)
            .create_invitation(request)
            .await
    };
    resource(inviter, request, send, |response| response.invitation).await
}

/// Invites several people by hand: all of them, or nobody.
///
/// # Errors
/// The call failed.
pub async fn batch_create<T: Transport>(
    inviter: &T,
    organization: &str,
    invitations: Vec<Invitation>,
) -> Result<Vec<Invitation>, CallError> {
    let one = |invitation| CreateInvitationRequest {
        parent: organization.to_owned(),
        invitation: Some(invitation),
        request_id: String::new(),
    };
    let request = BatchCreateInvitationsRequest {
        parent: organization.to_owned(),
        requests: invitations.into_iter().map(one).collect(),
        request_id: request_id(),
    };
    let created = call(inviter, request, async |client, request| {
        InvitationServiceClient::new(client)
            .batch_create_invitations(request)
            .await
    });
    Ok(created.await?.invitations)
}

/// Sends an invitation again: with the same link, or with another one that takes its place.
///
/// # Errors
/// The call failed.
pub async fn resend<T: Transport>(
    inviter: &T,
    name: &str,
    rotate_link: bool,
) -> Result<Invitation, CallError> {
    let request = ResendInvitationRequest {
        name: name.to_owned(),
        rotate_link,
        request_id: request_id(),
    };
    let send = async |client, request| {
        InvitationServiceClient::new(client)
            .resend_invitation(request)
            .await
    };
    resource(inviter, request, send, |response| response.invitation).await
}

/// Sends up to 1,000 invitations again, with the same links. Each has an outcome of its own.
///
/// # Errors
/// The call failed.
pub async fn batch_resend<T: Transport>(
    inviter: &T,
    organization: &str,
    names: Vec<String>,
) -> Result<Vec<InvitationOutcome>, CallError> {
    let request = BatchResendInvitationsRequest {
        parent: organization.to_owned(),
        names,
        request_id: request_id(),
        ..BatchResendInvitationsRequest::default()
    };
    resent(inviter, request).await
}

/// Takes up to 1,000 invitations back. Each has an outcome of its own.
///
/// # Errors
/// The call failed.
pub async fn batch_cancel<T: Transport>(
    inviter: &T,
    organization: &str,
    names: Vec<String>,
) -> Result<Vec<InvitationOutcome>, CallError> {
    let request = BatchCancelInvitationsRequest {
        parent: organization.to_owned(),
        names,
        request_id: request_id(),
        ..BatchCancelInvitationsRequest::default()
    };
    cancelled(inviter, request).await
}

/// All that a filter lists, as somebody has seen it: what an act on the filter is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// How many there are.
    pub count: i32,
    /// Which, and as they are.
    pub etag: String,
}

/// Lists everything that the filter lists, 1,000 at most, to act on exactly that.
///
/// # Errors
/// The call failed.
pub async fn seen<T: Transport>(
    reader: &T,
    organization: &str,
    filter: &InvitationFilter,
) -> Result<(Vec<Invitation>, Seen), CallError> {
    let InvitationFilter {
        states,
        import,
        delivery_states,
        group,
        location,
        inviter,
        address_contains,
        text,
    } = filter.clone();
    let request = ListInvitationsRequest {
        parent: organization.to_owned(),
        page_size: 1000,
        states,
        import,
        delivery_states,
        group,
        location,
        inviter,
        address_contains,
        text,
        with_filter_etag: true,
        ..ListInvitationsRequest::default()
    };
    let listed = list(reader, request).await?;
    let seen = Seen {
        count: i32::try_from(listed.invitations.len()).unwrap_or(i32::MAX),
        etag: listed.filter_etag,
    };
    Ok((listed.invitations, seen))
}

/// Sends those again that the filter lists, with the same links, if they are exactly what the caller has [`seen`].
///
/// # Errors
/// The call failed.
pub async fn resend_listed<T: Transport>(
    inviter: &T,
    organization: &str,
    filter: InvitationFilter,
    seen: Seen,
) -> Result<Vec<InvitationOutcome>, CallError> {
    let request = BatchResendInvitationsRequest {
        parent: organization.to_owned(),
        filter: Some(filter),
        expected_count: seen.count,
        filter_etag: seen.etag,
        request_id: request_id(),
        ..BatchResendInvitationsRequest::default()
    };
    resent(inviter, request).await
}

/// Takes those back that the filter lists, if they are exactly what the caller has [`seen`].
///
/// # Errors
/// The call failed.
pub async fn cancel_listed<T: Transport>(
    inviter: &T,
    organization: &str,
    filter: InvitationFilter,
    seen: Seen,
) -> Result<Vec<InvitationOutcome>, CallError> {
    let request = BatchCancelInvitationsRequest {
        parent: organization.to_owned(),
        filter: Some(filter),
        expected_count: seen.count,
        filter_etag: seen.etag,
        request_id: request_id(),
        ..BatchCancelInvitationsRequest::default()
    };
    cancelled(inviter, request).await
}

/// Gives a mail that waits for its time another one.
///
/// # Errors
/// The call failed.
pub async fn reschedule<T: Transport>(
    inviter: &T,
    name: &str,
    send_time: SystemTime,
) -> Result<Invitation, CallError> {
    let request = RescheduleInvitationRequest {
        name: name.to_owned(),
        send_time: Some(send_time.into()),
        request_id: request_id(),
    };
    let send = async |client, request| {
        InvitationServiceClient::new(client)
            .reschedule_invitation(request)
            .await
    };
    resource(inviter, request, send, |response| response.invitation).await
}

/// Reads an invitation.
///
/// # Errors
/// The call failed.
pub async fn get<T: Transport>(reader: &T, name: &str) -> Result<Invitation, CallError> {
    let request = GetInvitationRequest {
        name: name.to_owned(),
    };
    let send = async |client, request| InvitationServiceClient::new(client).get_invitation(request).await;
    resource(reader, request, send, |response| response.invitation).await
}

/// Lists invitations: one page, with the counts of all states.
///
/// # Errors
/// The call failed.
pub async fn list<T: Transport>(
    reader: &T,
    request: ListInvitationsRequest,
) -> Result<ListInvitationsResponse, CallError> {
    let listed = call(reader, request, async |client, request| {
        InvitationServiceClient::new(client)
            .list_invitations(request)
            .await
    });
    listed.await
}

/// Lists learners, invitations and employments in one list: one page, with the counts of all states.
///
/// # Errors
/// The call failed.
pub async fn learners<T: Transport>(
    reader: &T,
    request: ListLearnersRequest,
) -> Result<ListLearnersResponse, CallError> {
    let listed = call(reader, request, async |client, request| {
        LearnerServiceClient::new(client).list_learners(request).await
    });
    listed.await
}

/// How many invitations of the organization are in a state.
///
/// # Errors
/// The call failed.
pub async fn count<T: Transport>(
    reader: &T,
    organization: &str,
    state: InvitationState,
) -> Result<i64, CallError> {
    let request = ListInvitationsRequest {
        parent: organization.to_owned(),
        page_size: 1,
        ..ListInvitationsRequest::default()
    };
    let counts = list(reader, request).await?.counts;
    let found = counts.iter().find(|count| count.state() == state);
    Ok(found.map_or(0, |count| count.count))
}

async fn resent<T: Transport>(
    inviter: &T,
    request: BatchResendInvitationsRequest,
) -> Result<Vec<InvitationOutcome>, CallError> {
    let send = async |client, request| {
        InvitationServiceClient::new(client)
            .batch_resend_invitations(request)
            .await
    };
    Ok(call(inviter, request, send).await?.outcomes)
}

async fn cancelled<T: Transport>(
    inviter: &T,
    request: BatchCancelInvitationsRequest,
) -> Result<Vec<InvitationOutcome>, CallError> {
    let send = async |client, request| {
        InvitationServiceClient::new(client)
            .batch_cancel_invitations(request)
            .await
    };
    Ok(call(inviter, request, send).await?.outcomes)
}
