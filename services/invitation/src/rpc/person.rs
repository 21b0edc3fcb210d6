//! `PersonInvitationService`: what a person finds in their own account, and answers there.

use muster_identity::PersonCaller;
use muster_ids::InvitationName;
use muster_proto::invitation::v1 as pb;
use muster_proto::invitation::v1::person_invitation_service_server::PersonInvitationService;
use muster_refusal::{Refusal, Violations};
use muster_server::names::{named, oneself};
use muster_server::{Call, Parsed};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::context::Context;
use crate::convert::seen;
use crate::ops::acceptance_notice::tell;
use crate::ops::link::open::{Opener, require_an_address};
use crate::ops::link::{accept, decline, list, undo_decline};
use crate::ops::opt_out;
use crate::ops::opt_out::list::SeenOptOut;

#[tonic::async_trait]
impl PersonInvitationService for Rpc {
    async fn list_person_invitations(
        &self,
        request: Request<pb::ListPersonInvitationsRequest>,
    ) -> Result<Response<pb::ListPersonInvitationsResponse>, Status> {
        let (call, _) = Call::read(request, |call, violations| {
            oneself(&call.caller, violations, "parent", &call.message.parent)
        })?;
        let (person, now) = (call.person()?, self.context.clock.now());
        require_an_address(person)?;
        let fetch = async |after, limit| list::page(&self.context, person, after, limit).await;
        let page = call
            .page_with(
                &self.context.page_key,
                fetch,
                |last| last.invitation.id,
                |it| seen(it, now),
            )
            .await?;
        Ok(Response::new(pb::ListPersonInvitationsResponse {
            invitations: page.items,
            next_page_token: page.next_page_token,
        }))
    }

    async fn accept_person_invitation(
        &self,
        request: Request<pb::AcceptPersonInvitationRequest>,
    ) -> Result<Response<pb::AcceptPersonInvitationResponse>, Status> {
        let (call, opener) = Call::read(request, |call, violations| {
            own(violations, &call.message.name, call.person())
        })?;
        let Context { database, clock, .. } = &self.context;
        let (person, invitation) = (call.person()?, opener.invitation());
        let prepare = async || accept::prepare(&self.context, opener, person).await;
        let apply = async |tx: &mut _, accepting| accept::apply(tx, &self.context, accepting).await;
        let accepted = database
            .once_prepared(&call.key(), clock.now(), prepare, apply)
            .await;
        let accepted = tell::refused(&self.context, invitation, accepted).await;
        Ok(Response::new(accepted?))
    }

    async fn decline_person_invitation(
        &self,
        request: Request<pb::DeclinePersonInvitationRequest>,
    ) -> Result<Response<pb::DeclinePersonInvitationResponse>, Status> {
        let (call, opener) = Call::read(request, |call, violations| {
            own(violations, &call.message.name, call.person())
        })?;
        let not_again = call.message.do_not_invite_again;
        let command = decline::Decline { opener, not_again };
        let Context { database, clock, .. } = &self.context;
        let work = async |tx: &mut _| decline::apply(tx, &self.context, &command).await;
        Ok(Response::new(
            database.once(&call.key(), clock.now(), work).await?,
        ))
    }

    async fn list_person_opt_outs(
        &self,
        request: Request<pb::ListPersonOptOutsRequest>,
    ) -> Result<Response<pb::ListPersonOptOutsResponse>, Status> {
        let (call, _) = Call::read(request, |call, violations| {
            oneself(&call.caller, violations, "parent", &call.message.parent)
        })?;
        let person = call.person()?;
        require_an_address(person)?;
        let fetch = async |after, limit| opt_out::list::page(&self.context, person, after, limit).await;
        let last = |last: &SeenOptOut| last.opt_out.invitation.invitation;
        let page = call
            .page_with(&self.context.page_key, fetch, last, pb::PersonOptOut::from)
            .await?;
        Ok(Response::new(pb::ListPersonOptOutsResponse {
            opt_outs: page.items,
            next_page_token: page.next_page_token,
        }))
    }

    async fn lift_person_opt_out(
        &self,
        request: Request<pb::LiftPersonOptOutRequest>,
    ) -> Result<Response<pb::LiftPersonOptOutResponse>, Status> {
        let (call, name) = Call::read(request, |call, violations| {
            Ok(named::<InvitationName>(violations, "name", &call.message.name))
        })?;
        let person = call.person()?;
        let Context { database, clock, .. } = &self.context;
        let work = async |tx: &mut _| opt_out::lift::apply(tx, &self.context, name, person).await;
        Ok(Response::new(
            database.once(&call.key(), clock.now(), work).await?,
        ))
    }

    async fn undo_person_decline(
        &self,
        request: Request<pb::UndoPersonDeclineRequest>,
    ) -> Result<Response<pb::UndoPersonDeclineResponse>, Status> {
        let (call, opener) = Call::read(request, |call, violations| {
            own(violations, &call.message.name, call.person())
        })?;
        let Context { database, clock, .. } = &self.context;
        let work = async |tx: &mut _| undo_decline::apply(tx, &self.context, &opener).await;
        Ok(Response::new(
            database.once(&call.key(), clock.now(), work).await?,
        ))
    }
}

/// The invitation of this name, for this person.
fn own(violations: &mut Violations, name: &str, person: Result<&PersonCaller, Refusal>) -> Parsed<Opener> {
    let person = person?.clone();
    let name = named::<InvitationName>(violations, "name", name);
    Ok(name.map(|name| Opener::Account(name, person)))
}
