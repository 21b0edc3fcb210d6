//! `InvitationService`: invitations as the organization sees them.

use muster_ids::{InvitationId, OrganizationId, OrganizationName};
use muster_proto::invitation::v1 as proto;
use muster_proto::invitation::v1::invitation_service_server::InvitationService;
use muster_refusal::{Refusal, Violations};
use muster_server::Call;
use muster_server::page::{List, PageKey, Size};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{convert, parse};
use crate::error::Error;
use crate::ops::create::{Create, create};
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
        let call = Call::accept(request)?;
        let key = call.key(&call.message.request_id)?;
        let wanted = call
            .message
            .invitation
            .clone()
            .map(|invitation| ("invitation.".to_owned(), invitation));
        let (organization, inviter) = (call.organization()?, call.person()?.id);
        let wanted = parse::wanted(organization, wanted, self.parts.clock.now())?;
        let command = Create {
            organization,
            inviter,
            wanted,
            key,
        };
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
        let call = Call::accept(request)?;
        let key = call.key(&call.message.request_id)?;
        let (organization, inviter) = (call.organization()?, call.person()?.id);
        let wanted = children(organization, &call.message)?;
        let wanted = parse::wanted(organization, wanted, self.parts.clock.now())?;
        let command = Create {
            organization,
            inviter,
            wanted,
            key,
        };
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
        let call = Call::accept(request)?;
        let organization = call.organization()?;
        let id = parse::invitation_of(organization, &call.message.name)?;
        let reading = self
            .parts
            .database
            .read(move |c| Box::pin(find(c, organization, id)));
        let found = reading.await.map_err(Error::from)?.ok_or(Error::NotFound)?;
        let invitation = Some(convert::invitation(&found, self.parts.clock.now()));
        Ok(Response::new(proto::GetInvitationResponse { invitation }))
    }

    async fn list_invitations(
        &self,
        request: Request<proto::ListInvitationsRequest>,
    ) -> Result<Response<proto::ListInvitationsResponse>, Status> {
        let call = Call::accept(request)?;
        let organization = call.organization()?;
        let filter = format!(
            "{} {:?} {}",
            call.message.parent, call.message.states, call.message.import
        );
        let list = List {
            caller: &call.caller,
            method: "/muster.invitation.v1.InvitationService/ListInvitations",
            filter: &filter,
        };
        let size = Size::of(call.message.page_size);
        let wanted = self.wanted(organization, &call.message, &list, size)?;
        let now = self.parts.clock.now();
        let reading = self.parts.database.read(move |c| {
            Box::pin(async move {
                let page = list::page(c, organization, &wanted, now).await?;
                Ok::<_, Error>((page, list::counts(c, organization, now).await?))
            })
        });
        let (mut found, counts) = reading.await?;
        let next_page_token = self
            .pages
            .cut(&list, size, &mut found, |last| last.id.as_uuid().to_string());
        let count = |(state, count)| proto::InvitationCount {
            state: convert::state(state).into(),
            count,
        };
        Ok(Response::new(proto::ListInvitationsResponse {
            invitations: found
                .iter()
                .map(|invitation| convert::invitation(invitation, now))
                .collect(),
            next_page_token,
            counts: counts.into_iter().map(count).collect(),
        }))
    }
}

impl InvitationRpc {
    fn wanted(
        &self,
        organization: OrganizationId,
        message: &proto::ListInvitationsRequest,
        list: &List<'_>,
        size: Size,
    ) -> Result<Wanted, Refusal> {
        let import = match message.import.as_str() {
            "" => None,
            name => Some(parse::import_of(organization, "import", name)?),
        };
        let after: Option<String> = self.pages.open(list, &message.page_token)?;
        Ok(Wanted {
            states: parse::states(&message.states)?,
            import,
            after: after
                .and_then(|id| Uuid::parse_str(&id).ok())
                .map(InvitationId::from_uuid),
            limit: size.fetch(),
        })
    }
}

/// The children of a batch; the parent of each equals the batch's or is empty.
fn children(
    organization: OrganizationId,
    message: &proto::BatchCreateInvitationsRequest,
) -> Result<Vec<(String, proto::Invitation)>, Refusal> {
    let parent = OrganizationName { organization }.to_string();
    let mut violations = Violations::new();
    let mut children = Vec::with_capacity(message.requests.len());
    for (place, child) in message.requests.iter().enumerate() {
        if !child.parent.is_empty() && child.parent != parent {
            violations.add(
                format!("requests[{place}].parent"),
                "must be the parent of the batch, or empty",
            );
        }
        if let Some(invitation) = &child.invitation {
            children.push((format!("requests[{place}].invitation."), invitation.clone()));
        }
    }
    violations.finish()?;
    Ok(children)
}
