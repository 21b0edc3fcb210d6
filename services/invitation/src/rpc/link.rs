//! `InvitationRedemptionService`: what the holder of a link does with it.

use muster_proto::invitation::v1 as pb;
use muster_proto::invitation::v1::invitation_redemption_service_server::InvitationRedemptionService;
use muster_server::Call;
use muster_server::convert::timestamp;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::error::Error;
use crate::ops::link::accept;
use crate::ops::link::lookup::lookup;

#[tonic::async_trait]
impl InvitationRedemptionService for Rpc {
    async fn lookup_invitation(
        &self,
        request: Request<pb::LookupInvitationRequest>,
    ) -> Result<Response<pb::LookupInvitationResponse>, Status> {
        let call = Call::accept(request)?;
        let seen = lookup(&self.context, &call.message.token).await?;
        let invitation = &seen.invitation;
        let state = invitation.effective_state(self.context.clock.now());
        let person = call.caller.person();
        Ok(Response::new(pb::LookupInvitationResponse {
            organization_display_name: seen.inviting.display_name.clone(),
            groups: seen.inviting.names_of_active(&invitation.groups),
            masked_address: invitation.address.masked(),
            state: pb::InvitationState::from(state).into(),
            expire_time: Some(timestamp(invitation.expire_time)),
            address_matches: person.is_some_and(|person| person.emails.contains(&invitation.address)),
            accepted_by_caller: person
                .zip(invitation.state.acceptance())
                .is_some_and(|(person, acceptance)| person.id == acceptance.person),
        }))
    }

    async fn accept_invitation(
        &self,
        request: Request<pb::AcceptInvitationRequest>,
    ) -> Result<Response<pb::AcceptInvitationResponse>, Status> {
        let call = Call::accept(request)?;
        let (context, person) = (&self.context, call.person()?);
        let link = context
            .links
            .keys
            .verify(&call.message.token)
            .map_err(Error::from)?;
        let prepare = async || accept::prepare(context, link, person).await;
        let apply = async |tx: &mut _, accepting| accept::apply(tx, context, accepting).await;
        let (key, now) = (call.key(), context.clock.now());
        let accepted = context.database.once_prepared(&key, now, prepare, apply).await;
        Ok(Response::new(accepted?))
    }
}
