//! Invitations, as those have them who are invited.

use muster_proto::invitation::v1::invitation_redemption_service_client::InvitationRedemptionServiceClient;
use muster_proto::invitation::v1::{
    AcceptInvitationRequest, AcceptInvitationResponse, DeclineInvitationRequest, DeclineInvitationResponse,
    LookupInvitationRequest, LookupInvitationResponse, UndoDeclineRequest, UndoDeclineResponse,
};

use crate::{CallError, Transport, call, request_id};

/// Looks at the invitation behind the token of a link. Needs no sign-in.
///
/// # Errors
/// The call failed.
pub async fn lookup<T: Transport>(anybody: &T, token: &str) -> Result<LookupInvitationResponse, CallError> {
    let request = LookupInvitationRequest {
        token: token.to_owned(),
    };
    let found = call(anybody, request, async |client, request| {
        InvitationRedemptionServiceClient::new(client)
            .lookup_invitation(request)
            .await
    });
    found.await
}

/// Accepts it.
///
/// # Errors
/// The call failed.
pub async fn accept<T: Transport>(invitee: &T, token: &str) -> Result<AcceptInvitationResponse, CallError> {
    let request = AcceptInvitationRequest {
        token: token.to_owned(),
        request_id: request_id(),
    };
    let accepted = call(invitee, request, async |client, request| {
        InvitationRedemptionServiceClient::new(client)
            .accept_invitation(request)
            .await
    });
    accepted.await
}

/// Declines it. Needs no sign-in.
///
/// # Errors
/// The call failed.
pub async fn decline<T: Transport>(
    anybody: &T,
    token: &str,
    do_not_invite_again: bool,
) -> Result<DeclineInvitationResponse, CallError> {
    let request = DeclineInvitationRequest {
        token: token.to_owned(),
        do_not_invite_again,
        request_id: request_id(),
    };
    let declined = call(anybody, request, async |client, request| {
        InvitationRedemptionServiceClient::new(client)
            .decline_invitation(request)
            .await
    });
    declined.await
}

/// Takes a decline back. Needs no sign-in.
///
/// # Errors
/// The call failed.
pub async fn undo_decline<T: Transport>(anybody: &T, token: &str) -> Result<UndoDeclineResponse, CallError> {
    let request = UndoDeclineRequest {
        token: token.to_owned(),
        request_id: request_id(),
    };
    let undone = call(anybody, request, async |client, request| {
        InvitationRedemptionServiceClient::new(client)
            .undo_decline(request)
            .await
    });
    undone.await
}
