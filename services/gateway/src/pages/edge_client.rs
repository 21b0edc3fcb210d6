//! The pages as a client of the edge: the same rules as for everybody else, in the same process.

mod consent;
mod trainings;

use std::convert::Infallible;

use muster_language::Language;
use muster_proto::employment::v1::person_employment_service_client::PersonEmploymentServiceClient;
use muster_proto::invitation::v1::invitation_redemption_service_client::InvitationRedemptionServiceClient;
use muster_proto::invitation::v1::join_request_service_client::JoinRequestServiceClient;
use muster_proto::invitation::v1::person_invitation_service_client::PersonInvitationServiceClient;
use muster_proto::invitation::v1::{
    AcceptInvitationRequest, AcceptInvitationResponse, AcceptPersonInvitationRequest,
    DeclineInvitationRequest, DeclinePersonInvitationRequest, LiftPersonOptOutRequest,
    ListPersonInvitationsRequest, ListPersonInvitationsResponse, ListPersonOptOutsRequest,
    ListPersonOptOutsResponse, LookupInvitationRequest, LookupInvitationResponse, RequestToJoinRequest,
    UndoDeclineRequest, UndoPersonDeclineRequest, VerifyJoinRequestRequest,
};
use muster_proto::organization::v1::join_page_service_client::JoinPageServiceClient;
use muster_proto::organization::v1::registry_service_client::RegistryServiceClient;
use muster_proto::organization::v1::staff_read_service_client::StaffReadServiceClient;
use muster_proto::organization::v1::{
    LookupJoinPageLogoRequest, LookupJoinPageLogoResponse, LookupJoinPageRequest, LookupJoinPageResponse,
};
use muster_proto::records::v1::grant_service_client::GrantServiceClient;
use muster_proto::records::v1::person_record_service_client::PersonRecordServiceClient;
use muster_proto::records::v1::progress_transfer_service_client::ProgressTransferServiceClient;
use muster_proto::records::v1::{
    DownloadPersonCertificateRequest, DownloadPersonCertificateResponse, TransferProgressRequest,
};
use muster_telemetry::propagation;
use tonic::{Request, Status};
use tower::util::BoxCloneSyncService;

use super::session::Session;
use crate::limits::ClientAddress;

/// The person who is signed in.
const ME: &str = "persons/me";
/// The largest page there is.
pub(crate) const LARGEST: i32 = 1000;

/// The edge's gRPC service, as a generated client takes it. It answers every call: what goes wrong is a status.
pub(crate) type EdgeService =
    BoxCloneSyncService<http::Request<tonic::body::Body>, http::Response<tonic::body::Body>, Infallible>;

/// Calls on behalf of a client.
pub(crate) struct EdgeClient {
    redemption: InvitationRedemptionServiceClient<EdgeService>,
    own: PersonInvitationServiceClient<EdgeService>,
    joining: JoinRequestServiceClient<EdgeService>,
    join_pages: JoinPageServiceClient<EdgeService>,
    records: PersonRecordServiceClient<EdgeService>,
    transfers: ProgressTransferServiceClient<EdgeService>,
    employments: PersonEmploymentServiceClient<EdgeService>,
    grants: GrantServiceClient<EdgeService>,
    registry: RegistryServiceClient<EdgeService>,
    staff_reads: StaffReadServiceClient<EdgeService>,
}

impl EdgeClient {
    pub(crate) fn new(edge: EdgeService) -> Self {
        Self {
            redemption: InvitationRedemptionServiceClient::new(edge.clone()),
            own: PersonInvitationServiceClient::new(edge.clone()),
            joining: JoinRequestServiceClient::new(edge.clone()),
            join_pages: JoinPageServiceClient::new(edge.clone()),
            records: PersonRecordServiceClient::new(edge.clone()),
            transfers: ProgressTransferServiceClient::new(edge.clone()),
            employments: PersonEmploymentServiceClient::new(edge.clone()),
            grants: GrantServiceClient::new(edge.clone()),
            registry: RegistryServiceClient::new(edge.clone()),
            staff_reads: StaffReadServiceClient::new(edge),
        }
    }

    /// What a join page shows.
    pub(crate) async fn lookup_join_page(
        &self,
        client: &ClientAddress,
        message: LookupJoinPageRequest,
    ) -> Result<LookupJoinPageResponse, Status> {
        let request = request(client, None, message)?;
        Ok(self
            .join_pages
            .clone()
            .lookup_join_page(request)
            .await?
            .into_inner())
    }

    /// The logo that a join page shows.
    pub(crate) async fn lookup_join_page_logo(
        &self,
        client: &ClientAddress,
        message: LookupJoinPageLogoRequest,
    ) -> Result<LookupJoinPageLogoResponse, Status> {
        let request = request(client, None, message)?;
        let found = self.join_pages.clone().lookup_join_page_logo(request).await?;
        Ok(found.into_inner())
    }

    /// Asks to join.
    pub(crate) async fn request_to_join(
        &self,
        client: &ClientAddress,
        message: RequestToJoinRequest,
    ) -> Result<(), Status> {
        let request = request(client, None, message)?;
        self.joining.clone().request_to_join(request).await.map(drop)
    }

    /// Confirms the address of whoever asked.
    pub(crate) async fn verify_join_request(
        &self,
        client: &ClientAddress,
        message: VerifyJoinRequestRequest,
    ) -> Result<(), Status> {
        let request = request(client, None, message)?;
        self.joining.clone().verify_join_request(request).await.map(drop)
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

    /// What was sent to the person who is signed in: so many, newest first, behind a page.
    pub(crate) async fn list_own(
        &self,
        client: &ClientAddress,
        session: &Session,
        page_size: i32,
        page_token: String,
    ) -> Result<ListPersonInvitationsResponse, Status> {
        let message = ListPersonInvitationsRequest {
            parent: ME.to_owned(),
            page_size,
            page_token,
        };
        let request = request(client, Some(session), message)?;
        Ok(self
            .own
            .clone()
            .list_person_invitations(request)
            .await?
            .into_inner())
    }

    /// Where the person who is signed in wants no further invitation: so many, newest first, behind a page.
    pub(crate) async fn list_opt_outs(
        &self,
        client: &ClientAddress,
        session: &Session,
        page_size: i32,
        page_token: String,
    ) -> Result<ListPersonOptOutsResponse, Status> {
        let message = ListPersonOptOutsRequest {
            parent: ME.to_owned(),
            page_size,
            page_token,
        };
        let request = request(client, Some(session), message)?;
        Ok(self.own.clone().list_person_opt_outs(request).await?.into_inner())
    }

    /// Takes one of these wishes back.
    pub(crate) async fn lift_opt_out(
        &self,
        client: &ClientAddress,
        session: &Session,
        message: LiftPersonOptOutRequest,
    ) -> Result<(), Status> {
        let request = request(client, Some(session), message)?;
        self.own.clone().lift_person_opt_out(request).await.map(drop)
    }

    /// A certificate of theirs as a file, in this language.
    pub(crate) async fn download_own_certificate(
        &self,
        client: &ClientAddress,
        session: &Session,
        name: String,
        language: Language,
    ) -> Result<DownloadPersonCertificateResponse, Status> {
        let message = DownloadPersonCertificateRequest {
            name,
            language: language.tag().to_owned(),
        };
        let request = request(client, Some(session), message)?;
        Ok(self
            .records
            .clone()
            .download_person_certificate(request)
            .await?
            .into_inner())
    }

    /// Moves the progress of one of these to another one.
    pub(crate) async fn transfer_progress(
        &self,
        client: &ClientAddress,
        session: &Session,
        message: TransferProgressRequest,
    ) -> Result<(), Status> {
        let request = request(client, Some(session), message)?;
        self.transfers.clone().transfer_progress(request).await.map(drop)
    }

    /// Accepts one of theirs.
    pub(crate) async fn accept_own(
        &self,
        client: &ClientAddress,
        session: &Session,
        message: AcceptPersonInvitationRequest,
    ) -> Result<(), Status> {
        let request = request(client, Some(session), message)?;
        self.own.clone().accept_person_invitation(request).await.map(drop)
    }

    /// Declines one of theirs.
    pub(crate) async fn decline_own(
        &self,
        client: &ClientAddress,
        session: &Session,
        message: DeclinePersonInvitationRequest,
    ) -> Result<(), Status> {
        let request = request(client, Some(session), message)?;
        self.own
            .clone()
            .decline_person_invitation(request)
            .await
            .map(drop)
    }

    /// Takes that back.
    pub(crate) async fn undo_own(
        &self,
        client: &ClientAddress,
        session: &Session,
        message: UndoPersonDeclineRequest,
    ) -> Result<(), Status> {
        let request = request(client, Some(session), message)?;
        self.own.clone().undo_person_decline(request).await.map(drop)
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
