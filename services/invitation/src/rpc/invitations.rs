//! `InvitationService`: invitations as the organization sees them.

use futures::future::BoxFuture;
use muster_database::DatabaseError;
use muster_ids::InvitationId;
use muster_proto::invitation::v1 as proto;
use muster_proto::invitation::v1::invitation_service_server::InvitationService;
use muster_server::Call;
use muster_server::page::PageKey;
use sqlx::PgConnection;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::parse;
use crate::convert;
use crate::domain::invitation::Invitation;
use crate::error::Error;
use crate::ops::create::create;
use crate::parts::Parts;
use crate::store::invitations::find;
use crate::store::list::{self, Wanted};

/// Answers for the organization.
#[derive(Clone)]
pub(crate) struct InvitationRpc {
    pub(crate) parts: Parts,
    pub(crate) pages: PageKey,
}

#[tonic::async_trait]
impl InvitationService for InvitationRpc {
    async fn create_invitation(
        &self,
        request: Request<proto::CreateInvitationRequest>,
    ) -> Result<Response<proto::CreateInvitationResponse>, Status> {
        let now = self.parts.clock.now();
        let (call, asked) = Call::read(request, |call, violations| parse::one(call, violations, now))?;
        let command = asked.command(call.key())?;
        let answer = create(&self.parts, command, |made, now| {
            proto::CreateInvitationResponse {
                invitation: made
                    .first()
                    .map(|invitation| convert::invitation(invitation, now)),
            }
        });
        Ok(Response::new(answer.await?))
    }

    async fn batch_create_invitations(
        &self,
        request: Request<proto::BatchCreateInvitationsRequest>,
    ) -> Result<Response<proto::BatchCreateInvitationsResponse>, Status> {
        let now = self.parts.clock.now();
        let (call, asked) = Call::read(request, |call, violations| parse::several(call, violations, now))?;
        let command = asked.command(call.key())?;
        let answer = create(&self.parts, command, |made, now| {
            proto::BatchCreateInvitationsResponse {
                invitations: made
                    .iter()
                    .map(|invitation| convert::invitation(invitation, now))
                    .collect(),
            }
        });
        Ok(Response::new(answer.await?))
    }

    async fn get_invitation(
        &self,
        request: Request<proto::GetInvitationRequest>,
    ) -> Result<Response<proto::GetInvitationResponse>, Status> {
        let (_, name) = Call::read(request, parse::invitation)?;
        let reading = self.read(move |c| Box::pin(find(c, name.organization, name.invitation)));
        let found = reading.await?.ok_or(Error::NotFound)?;
        let invitation = Some(convert::invitation(&found, self.parts.clock.now()));
        Ok(Response::new(proto::GetInvitationResponse { invitation }))
    }

    async fn list_invitations(
        &self,
        request: Request<proto::ListInvitationsRequest>,
    ) -> Result<Response<proto::ListInvitationsResponse>, Status> {
        let (call, listed) = Call::read(request, parse::listed)?;
        let organization = listed.organization;
        let asked = &call.message;
        let filter = format!("{} {:?} {}", asked.parent, asked.states, asked.import);
        let list = call.list(&filter, asked.page_size, &asked.page_token);
        let now = self.parts.clock.now();
        let fetch = |after: Option<Uuid>, limit| {
            let wanted = Wanted {
                states: listed.states,
                import: listed.import,
                after: after.map(InvitationId::from_uuid),
                limit,
            };
            self.read(move |c| Box::pin(async move { list::page(c, organization, &wanted, now).await }))
        };
        let show = |invitation: Invitation| convert::invitation(&invitation, now);
        let page = self
            .pages
            .page(list, fetch, |last| last.id.as_uuid(), show)
            .await?;
        let mut counts = Vec::new();
        if asked.page_token.is_empty() {
            // They are those of the whole organization: once a list, not once a page.
            counts = self
                .read(move |c| Box::pin(list::counts(c, organization, now)))
                .await?;
        }
        let count = |(state, count)| proto::InvitationCount {
            state: convert::state(state).into(),
            count,
        };
        Ok(Response::new(proto::ListInvitationsResponse {
            invitations: page.items,
            next_page_token: page.next_page_token,
            counts: counts.into_iter().map(count).collect(),
        }))
    }
}

impl InvitationRpc {
    async fn read<T, F>(&self, work: F) -> Result<T, Error>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, DatabaseError>> + Send + 'static,
        T: Send + 'static,
    {
        Ok(self.parts.database.read_boxed(work).await?)
    }
}
