//! `InvitationService`: invitations as the organization sees them.

mod announcement;
mod batch;
mod create;
mod crowd;
mod limits;
mod parse;
mod spec;
mod watch;

use muster_database::idempotency::Answer;
use muster_ids::InvitationName;
use muster_language::Language;
use muster_proto::invitation::v1 as pb;
use muster_proto::invitation::v1::invitation_service_server::InvitationService;
use muster_proto::{HasRequestId, answer};
use muster_refusal::Refusal;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::context::Context;
use crate::convert::counted;
use crate::domain::invitation::{Invitation, NextLink};
use crate::error::Error;
use crate::ops::At;
use crate::ops::invitation::batch as many;
use crate::ops::invitation::cancel;
use crate::ops::invitation::create::{self as inviting, Create, Made};
use crate::ops::invitation::listed::listed;
use crate::ops::invitation::reschedule;
use crate::ops::invitation::resend::{self, Resend};
use crate::store::invitation::list::ListPosition;
use crate::store::invitation::{counts, find, list};
use crowd::Inviting;

pub(super) use crowd::{Crowd, crowd};

#[tonic::async_trait]
impl InvitationService for Rpc {
    async fn create_invitation(
        &self,
        request: Request<pb::CreateInvitationRequest>,
    ) -> Result<Response<pb::CreateInvitationResponse>, Status> {
        let now = self.context.clock.now();
        let (call, specs) = Call::read(request, |call, violations| create::one(call, violations, now))?;
        Ok(Response::new(self.invite_one(&call, specs.command()?).await?))
    }

    async fn batch_create_invitations(
        &self,
        request: Request<pb::BatchCreateInvitationsRequest>,
    ) -> Result<Response<pb::BatchCreateInvitationsResponse>, Status> {
        let now = self.context.clock.now();
        let (call, specs) = Call::read(request, |call, violations| create::several(call, violations, now))?;
        Ok(Response::new(self.invite(&call, specs.command()?).await?))
    }

    async fn get_invitation(
        &self,
        request: Request<pb::GetInvitationRequest>,
    ) -> Result<Response<pb::GetInvitationResponse>, Status> {
        let (_, name): (_, InvitationName) =
            Call::read(request, |call, violations| Ok(call.name(violations)))?;
        let Context { database, clock, .. } = &self.context;
        let finding = database.read(async |c| find(c, name.organization, name.invitation).await);
        let thing = finding
            .await
            .map_err(Error::from)?
            .ok_or_else(Refusal::not_found)?;
        let time = clock.now();
        Ok(Response::new(answer(At { thing, time })))
    }

    async fn cancel_invitation(
        &self,
        request: Request<pb::CancelInvitationRequest>,
    ) -> Result<Response<pb::CancelInvitationResponse>, Status> {
        let (call, name) = Call::read(request, |call, violations| Ok(call.name(violations)))?;
        let Context { database, clock, .. } = &self.context;
        let work = async |tx: &mut _| cancel::apply(tx, &self.context, name).await;
        call.once(database, clock.now(), work).await
    }

    async fn resend_invitation(
        &self,
        request: Request<pb::ResendInvitationRequest>,
    ) -> Result<Response<pb::ResendInvitationResponse>, Status> {
        let (call, name) = Call::read(request, |call, violations| Ok(call.name(violations)))?;
        let link = next_link(call.message.rotate_link);
        let command = Resend {
            name,
            link,
            actor: call.actor(),
        };
        let Context { database, clock, .. } = &self.context;
        let (organization, sender) = (command.name.organization, call.person()?.id);
        let prepare = async || resend::prepare(&self.context, organization, sender).await;
        let apply = async |tx: &mut _, prepared| resend::apply(tx, &self.context, &command, prepared).await;
        call.once_prepared(database, clock.now(), prepare, apply).await
    }

    async fn get_announcement(
        &self,
        request: Request<pb::GetAnnouncementRequest>,
    ) -> Result<Response<pb::GetAnnouncementResponse>, Status> {
        // Any other language is told of by the field's rule.
        let (call, language) = Call::read(request, |call, _| {
            Ok(Some(call.message.language.parse::<Language>().ok()))
        })?;
        let said = announcement::announcement(&self.context, call.organization()?, language).await?;
        Ok(Response::new(said.into()))
    }

    async fn get_rate_limits(
        &self,
        request: Request<pb::GetRateLimitsRequest>,
    ) -> Result<Response<pb::GetRateLimitsResponse>, Status> {
        let (_, asked) = Call::read(request, limits::asked)?;
        Ok(Response::new(limits::limits(&self.context, &asked).await?))
    }

    async fn reschedule_invitation(
        &self,
        request: Request<pb::RescheduleInvitationRequest>,
    ) -> Result<Response<pb::RescheduleInvitationResponse>, Status> {
        let now = self.context.clock.now();
        let (call, command) = Call::read(request, |call, violations| {
            parse::rescheduled(call, violations, now)
        })?;
        let (organization, sender) = (command.name.organization, call.person()?.id);
        let prepare = async || resend::prepare(&self.context, organization, sender).await;
        let apply =
            async |tx: &mut _, prepared| reschedule::apply(tx, &self.context, &command, prepared).await;
        call.once_prepared(&self.context.database, now, prepare, apply)
            .await
    }

    async fn batch_cancel_invitations(
        &self,
        request: Request<pb::BatchCancelInvitationsRequest>,
    ) -> Result<Response<pb::BatchCancelInvitationsResponse>, Status> {
        let (call, asked) = Call::read(request, batch::asked)?;
        let Context { database, clock, .. } = &self.context;
        let key = call.key();
        let done = database.once(&key, clock.now(), async |tx| {
            let batch = many::meant(tx, &self.context, &asked).await?;
            let outcomes = many::cancel(tx, &self.context, &batch).await?;
            let outcomes = batch::in_order(&batch, outcomes);
            Ok::<_, Error>(pb::BatchCancelInvitationsResponse { outcomes })
        });
        Ok(Response::new(done.await?))
    }

    async fn batch_resend_invitations(
        &self,
        request: Request<pb::BatchResendInvitationsRequest>,
    ) -> Result<Response<pb::BatchResendInvitationsResponse>, Status> {
        let (call, asked) = Call::read(request, batch::asked)?;
        let link = next_link(call.message.rotate_links);
        let Context { database, clock, .. } = &self.context;
        let sender = call.person()?.id;
        let prepare = async || many::prepare(&self.context, &asked, sender).await;
        let apply = async |tx: &mut _, prepared| {
            let batch = many::meant(tx, &self.context, &asked).await?;
            let outcomes = many::resend(tx, &self.context, &batch, link, prepared).await?;
            let outcomes = batch::in_order(&batch, outcomes);
            Ok::<_, Error>(pb::BatchResendInvitationsResponse { outcomes })
        };
        let key = call.key();
        let done = database.once_prepared(&key, clock.now(), prepare, apply);
        Ok(Response::new(done.await?))
    }

    async fn list_invitations(
        &self,
        request: Request<pb::ListInvitationsRequest>,
    ) -> Result<Response<pb::ListInvitationsResponse>, Status> {
        let (call, filter) = Call::read(request, parse::list_filter)?;
        let (organization, time) = (call.organization()?, self.context.clock.now());
        let database = &self.context.database;
        let fetch = async |after, limit| {
            let page = async |c: &mut _| list::page(c, organization, &filter, after, limit, time).await;
            database.read(page).await.map_err(Error::from)
        };
        let show = |thing: Invitation| pb::Invitation::from(At { thing, time });
        let position = |last: &Invitation| ListPosition::of(last, filter.order);
        let page = call
            .page_with(&self.context.page_key, fetch, position, show)
            .await?;
        let mut counts = Vec::new();
        if call.message.page_token.is_empty() {
            // They are those of the whole organization: once a list, not once a page.
            let counting = database.read(async |c| counts::find(c, organization, time).await);
            counts = counting.await.map_err(Error::from)?;
        }
        let filter_etag = if call.message.with_filter_etag {
            let all = database.read(async |c| listed(c, organization, &filter, time).await);
            all.await.map_err(Error::from)?.map(|all| all.etag)
        } else {
            None
        };
        Ok(Response::new(pb::ListInvitationsResponse {
            invitations: page.items,
            next_page_token: page.next_page_token,
            counts: counts.into_iter().map(counted).collect(),
            filter_etag: filter_etag.unwrap_or_default(),
        }))
    }

    type WatchInvitationsStream = watch::Changes;

    async fn watch_invitations(
        &self,
        request: Request<pb::WatchInvitationsRequest>,
    ) -> Result<Response<Self::WatchInvitationsStream>, Status> {
        let call = Call::accept(request)?;
        Ok(Response::new(watch::changes(&self.context, &call).await?))
    }
}

fn next_link(rotates: bool) -> NextLink {
    if rotates { NextLink::New } else { NextLink::Same }
}

impl Rpc {
    /// One address: together with others that the organization invites at this moment, if nothing is in the way.
    async fn invite_one(
        &self,
        call: &Call<pb::CreateInvitationRequest>,
        command: Create,
    ) -> Result<pb::CreateInvitationResponse, Error> {
        let Context { database, clock, .. } = &self.context;
        let key = call.key();
        // Both at once, as most requests are new. What was answered before is answered again, whatever the organization says.
        let looking = async {
            match database.answered::<pb::CreateInvitationResponse>(&key).await {
                Ok(None) => Ok(()),
                Ok(Some(answer)) => Err(Ok(answer)),
                Err(error) => Err(Err(Error::from(error))),
            }
        };
        let asking = async { Ok(inviting::prepare(&self.context, &command).await) };
        let prepared = match tokio::try_join!(looking, asking) {
            Ok(((), prepared)) => prepared?,
            Err(answered) => return answered,
        };
        let together = Inviting {
            context: self.context.clone(),
            command: command.clone(),
            prepared: prepared.clone(),
            key: key.clone(),
        };
        if let Some(Some(answer)) = self.crowd.ask(command.organization, together).await {
            return Ok(answer);
        }
        let apply = async |tx: &mut _| inviting::apply(tx, &self.context, &command, prepared).await;
        database.once(&key, clock.now(), apply).await
    }

    /// One address and several are one verb with two responses.
    async fn invite<M, R>(&self, call: &Call<M>, command: Create) -> Result<R, Error>
    where
        M: HasRequestId,
        R: Answer<At<Made>>,
    {
        let Context { database, clock, .. } = &self.context;
        let prepare = async || inviting::prepare(&self.context, &command).await;
        let apply = async |tx: &mut _, prepared| inviting::apply(tx, &self.context, &command, prepared).await;
        let key = call.key();
        database.once_prepared(&key, clock.now(), prepare, apply).await
    }
}
