//! `InvitationRedemptionService`: what the holder of a link does with it.

use muster_proto::invitation::v1 as pb;
use muster_proto::invitation::v1::invitation_redemption_service_server::InvitationRedemptionService;
use muster_server::Call;
use muster_server::convert::timestamp;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::context::Context;
use crate::domain::invitation::Decline;
use crate::error::Error;
use crate::ops::acceptance_notice::tell;
use crate::ops::link::lookup::lookup;
use crate::ops::link::open::Opener;
use crate::ops::link::{accept, decline, undo_decline};

#[tonic::async_trait]
impl InvitationRedemptionService for Rpc {
    async fn lookup_invitation(
        &self,
        request: Request<pb::LookupInvitationRequest>,
    ) -> Result<Response<pb::LookupInvitationResponse>, Status> {
        let call = Call::accept(request)?;
        let seen = lookup(&self.context, &call.message.token).await?;
        let invitation = &seen.invitation;
        let now = self.context.clock.now();
        let state = invitation.effective_state(now);
        let undo_expire_time = invitation.state.decline().map(Decline::undo_expire_time);
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
            undo_expire_time: undo_expire_time.filter(|until| now < *until).map(timestamp),
            time_zone: seen.inviting.time_zone.clone(),
        }))
    }

    async fn accept_invitation(
        &self,
        request: Request<pb::AcceptInvitationRequest>,
    ) -> Result<Response<pb::AcceptInvitationResponse>, Status> {
        let call = Call::accept(request)?;
        let (context, person) = (&self.context, call.person()?);
        let opener = self.link(&call.message.token)?;
        let invitation = opener.invitation();
        let prepare = async || accept::prepare(context, opener, person).await;
        let apply = async |tx: &mut _, accepting| accept::apply(tx, context, accepting).await;
        let (key, now) = (call.key(), context.clock.now());
        let accepted = context.database.once_prepared(&key, now, prepare, apply).await;
        let accepted = tell::refused(context, invitation, accepted).await;
        Ok(Response::new(accepted?))
    }

    async fn decline_invitation(
        &self,
        request: Request<pb::DeclineInvitationRequest>,
    ) -> Result<Response<pb::DeclineInvitationResponse>, Status> {
        let call = Call::accept(request)?;
        let command = decline::Decline {
            opener: self.link(&call.message.token)?,
            not_again: call.message.do_not_invite_again,
        };
        let Context { database, clock, .. } = &self.context;
        let work = async |tx: &mut _| decline::apply(tx, &self.context, &command).await;
        Ok(Response::new(
            database.once(&call.key(), clock.now(), work).await?,
        ))
    }

    async fn undo_decline(
        &self,
        request: Request<pb::UndoDeclineRequest>,
    ) -> Result<Response<pb::UndoDeclineResponse>, Status> {
        let call = Call::accept(request)?;
        let opener = self.link(&call.message.token)?;
        let Context { database, clock, .. } = &self.context;
        let work = async |tx: &mut _| undo_decline::apply(tx, &self.context, &opener).await;
        Ok(Response::new(
            database.once(&call.key(), clock.now(), work).await?,
        ))
    }
}

impl Rpc {
    /// Whoever holds the link of this token.
    fn link(&self, token: &str) -> Result<Opener, Error> {
        Ok(Opener::Link(self.context.links.keys.verify(token)?))
    }
}
