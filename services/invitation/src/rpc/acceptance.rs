//! `AcceptanceInternalService`: who accepted, and what, for employment.

use muster_ids::{InvitationName, OrganizationName, PersonName};
use muster_proto::invitation::v1 as pb;
use muster_proto::invitation::v1::acceptance_internal_service_server::AcceptanceInternalService;
use muster_refusal::Refusal;
use muster_server::Call;
use muster_server::convert::timestamp;
use muster_server::names::named;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::invitation::Invitation;
use crate::error::Error;
use crate::store::invitation::{find, find_accepted_by};

#[tonic::async_trait]
impl AcceptanceInternalService for Rpc {
    async fn get_acceptance(
        &self,
        request: Request<pb::GetAcceptanceRequest>,
    ) -> Result<Response<pb::GetAcceptanceResponse>, Status> {
        let (_, name): (_, InvitationName) = Call::read(request, |call, violations| {
            Ok(named(violations, "invitation", &call.message.invitation))
        })?;
        let database = &self.context.database;
        let finding = database.read(async |c| find(c, name.organization, name.invitation).await);
        let found = finding
            .await
            .map_err(Error::from)?
            .ok_or_else(Refusal::not_found)?;
        let acceptance = found.state.acceptance().ok_or_else(Refusal::not_found)?;
        Ok(Response::new(pb::GetAcceptanceResponse {
            person: PersonName {
                person: acceptance.person,
            }
            .to_string(),
            display_name: acceptance.display_name.clone(),
        }))
    }

    async fn find_acceptance(
        &self,
        request: Request<pb::FindAcceptanceRequest>,
    ) -> Result<Response<pb::FindAcceptanceResponse>, Status> {
        let (_, (at, of)) = Call::read(request, |call, violations| {
            let at = named::<OrganizationName>(violations, "organization", &call.message.organization);
            let of = named::<PersonName>(violations, "person", &call.message.person);
            Ok(at.zip(of))
        })?;
        let database = &self.context.database;
        let finding = database.read(async |c| find_accepted_by(c, at.organization, of.person).await);
        let found = finding.await.map_err(Error::from)?;
        Ok(Response::new(found.and_then(accepted).unwrap_or_default()))
    }
}

/// What is told of an invitation that was accepted.
fn accepted(invitation: Invitation) -> Option<pb::FindAcceptanceResponse> {
    let acceptance = invitation.state.acceptance()?;
    Some(pb::FindAcceptanceResponse {
        invitation: InvitationName {
            organization: invitation.organization,
            invitation: invitation.id,
        }
        .to_string(),
        inviter: PersonName {
            person: invitation.inviter,
        }
        .to_string(),
        source: pb::InvitationSource::from(invitation.source).into(),
        display_name: acceptance.display_name.clone(),
        accept_time: Some(timestamp(acceptance.time)),
        vouch_time: Some(timestamp(invitation.vouch_time)),
    })
}
