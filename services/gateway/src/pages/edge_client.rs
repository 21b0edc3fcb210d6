//! The pages as a client of the edge: the same rules as for everybody else, in the same process.

use std::convert::Infallible;

use muster_proto::invitation::v1::invitation_redemption_service_client::InvitationRedemptionServiceClient;
use muster_proto::invitation::v1::{
    AcceptInvitationRequest, AcceptInvitationResponse, DeclineInvitationRequest, LookupInvitationRequest,
    LookupInvitationResponse, UndoDeclineRequest,
};
use muster_telemetry::propagation;
use tonic::{Request, Status};
use tower::util::BoxCloneSyncService;

use super::sign_in::Session;
use crate::limits::ClientAddress;

/// The edge's gRPC service, as a generated client takes it. It answers every call: what goes wrong is a status.
pub(crate) type EdgeService =
    BoxCloneSyncService<http::Request<tonic::body::Body>, http::Response<tonic::body::Body>, Infallible>;

/// Calls on behalf of a client.
pub(crate) struct EdgeClient {
    redemption: InvitationRedemptionServiceClient<EdgeService>,
}

impl EdgeClient {
    pub(crate) fn new(edge: EdgeService) -> Self {
        Self {
            redemption: InvitationRedemptionServiceClient::new(edge),
        }
    }

    /// What an invitation is about.
    pub(crate) async fn lookup(
        &self,
        client: &ClientAddress,
        session: Option<&Session>,
        message: LookupInvitationRequest,
    ) -> Result<LookupInvitationResponse, Status> {
        let request = request(client, session, message)?;
        Ok(self
            .redemption
            .clone()
            .lookup_invitation(request)
            .await?
            .into_inner())
    }

    /// Accepts for the person who is signed in.
    pub(crate) async fn accept(
        &self,
        client: &ClientAddress,
        session: &Session,
        message: AcceptInvitationRequest,
    ) -> Result<AcceptInvitationResponse, Status> {
        let request = request(client, Some(session), message)?;
        Ok(self
            .redemption
            .clone()
            .accept_invitation(request)
            .await?
            .into_inner())
    }

    /// Declines; the link is enough, whoever is signed in.
    pub(crate) async fn decline(
        &self,
        client: &ClientAddress,
        message: DeclineInvitationRequest,
    ) -> Result<(), Status> {
        let request = request(client, None, message)?;
        self.redemption
            .clone()
            .decline_invitation(request)
            .await
            .map(drop)
    }

    /// Takes a decline back.
    pub(crate) async fn undo_decline(
        &self,
        client: &ClientAddress,
        message: UndoDeclineRequest,
    ) -> Result<(), Status> {
        let request = request(client, None, message)?;
        self.redemption.clone().undo_decline(request).await.map(drop)
    }
}

fn request<M>(client: &ClientAddress, session: Option<&Session>, message: M) -> Result<Request<M>, Status> {
    let mut request = Request::new(message);
    propagation::inject_metadata(request.metadata_mut());
    request.extensions_mut().insert(*client);
    if let Some(session) = session {
        let bearer = format!("Bearer {}", session.access_token)
            .parse()
            .map_err(|_| Status::unauthenticated("the session holds no usable token"))?;
        request.metadata_mut().insert("authorization", bearer);
    }
    Ok(request)
}
