//! `InvitationRedemptionService`: what the holder of a link does with it.

use muster_proto::invitation::v1 as proto;
use muster_proto::invitation::v1::invitation_redemption_service_server::InvitationRedemptionService;
use muster_server::Call;
use muster_server::convert::timestamp;
use tonic::{Request, Response, Status};

use crate::convert;
use crate::ops::accept::{Accept, accept};
use crate::ops::lookup::lookup;
use crate::parts::Parts;

/// Answers the invitee.
#[derive(Clone)]
pub(crate) struct RedemptionRpc {
    pub(crate) parts: Parts,
}

#[tonic::async_trait]
impl InvitationRedemptionService for RedemptionRpc {
    async fn lookup_invitation(
        &self,
        request: Request<proto::LookupInvitationRequest>,
    ) -> Result<Response<proto::LookupInvitationResponse>, Status> {
        let call = Call::accept(request)?;
        let seen = lookup(&self.parts, &call.message.token).await?;
        let invitation = &seen.invitation;
        let person = call.caller.person();
        Ok(Response::new(proto::LookupInvitationResponse {
            organization_display_name: seen.context.display_name.clone(),
            groups: seen.context.names_of_active(&invitation.groups),
            masked_address: invitation.address.masked(),
            state: convert::state(invitation.standing(self.parts.clock.now())).into(),
            expire_time: Some(timestamp(invitation.expire_time)),
            address_matches: person.is_some_and(|person| person.emails.contains(&invitation.address)),
            accepted_by_caller: person
                .zip(invitation.state.acceptance())
                .is_some_and(|(person, acceptance)| person.id == acceptance.person),
        }))
    }

    async fn accept_invitation(
        &self,
        request: Request<proto::AcceptInvitationRequest>,
    ) -> Result<Response<proto::AcceptInvitationResponse>, Status> {
        let call = Call::accept(request)?;
        let command = Accept {
            token: call.message.token.clone(),
            person: call.person()?.clone(),
            key: call.key(),
        };
        Ok(Response::new(accept(&self.parts, command).await?))
    }
}
