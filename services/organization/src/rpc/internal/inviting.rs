//! Whether and into what an organization may invite.

use muster_database::DatabaseError;
use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::inviting_internal_service_server::InvitingInternalService;
use muster_server::Call;
use sqlx::PgConnection;
use time::OffsetDateTime;
use tonic::{Request, Response, Status};

use crate::domain::{Entitlement, Group, Limits, Location, Organization};
use crate::error::Error;
use crate::rpc::parse::InvitingQuestion;
use crate::rpc::{Rpc, parse};
use crate::store::{groups, locations, organizations, subscriptions};

/// What the invitation service needs to know.
pub(crate) struct InvitingContext {
    pub(crate) organization: Organization,
    pub(crate) in_force: Entitlement,
    pub(crate) groups: Vec<Group>,
    pub(crate) locations: Vec<Location>,
}

#[tonic::async_trait]
impl InvitingInternalService for Rpc {
    async fn get_inviting_context(
        &self,
        request: Request<pb::GetInvitingContextRequest>,
    ) -> Result<Response<pb::GetInvitingContextResponse>, Status> {
        let (_, asked) = Call::read(request, parse::inviting_question)?;
        let (now, basic) = (self.desk.clock.now(), self.basic);
        let found = self
            .desk
            .read(move |c| Box::pin(look(c, asked, now, basic)))
            .await?;
        Ok(Response::new(found.ok_or(Error::NotFound)?.into()))
    }

    async fn list_inviting_groups(
        &self,
        request: Request<pb::ListInvitingGroupsRequest>,
    ) -> Result<Response<pb::ListInvitingGroupsResponse>, Status> {
        let (call, id) = Call::read(request, |call, violations| {
            Ok(parse::named_organization(violations, &call.message.organization))
        })?;
        let asked = &call.message;
        let list = call.list(&asked.organization, asked.page_size, &asked.page_token);
        let fetch = |after, limit| {
            self.desk
                .read(move |c| Box::pin(groups::page(c, id, after, limit)))
        };
        let position = |last: &Group| last.display_name.as_str().to_owned();
        let page = self
            .page_key
            .page(list, fetch, position, pb::InvitingGroup::from)
            .await?;
        Ok(Response::new(pb::ListInvitingGroupsResponse {
            groups: page.items,
            next_page_token: page.next_page_token,
        }))
    }

    async fn list_inviting_locations(
        &self,
        request: Request<pb::ListInvitingLocationsRequest>,
    ) -> Result<Response<pb::ListInvitingLocationsResponse>, Status> {
        let (call, id) = Call::read(request, |call, violations| {
            Ok(parse::named_organization(violations, &call.message.organization))
        })?;
        let asked = &call.message;
        let list = call.list(&asked.organization, asked.page_size, &asked.page_token);
        let fetch = |after, limit| {
            self.desk
                .read(move |c| Box::pin(locations::page(c, id, after, limit)))
        };
        let position = |last: &Location| last.display_name.as_str().to_owned();
        let page = self
            .page_key
            .page(list, fetch, position, pb::Location::from)
            .await?;
        Ok(Response::new(pb::ListInvitingLocationsResponse {
            locations: page.items,
            next_page_token: page.next_page_token,
        }))
    }
}

async fn look(
    connection: &mut PgConnection,
    asked: InvitingQuestion,
    now: OffsetDateTime,
    basic: Limits,
) -> Result<Option<InvitingContext>, DatabaseError> {
    let id: OrganizationId = asked.organization;
    let Some(organization) = organizations::get(connection, id).await? else {
        return Ok(None);
    };
    let subscription = subscriptions::get(connection, id).await?;
    let mut context = InvitingContext {
        organization,
        in_force: Entitlement::at(now, subscription.as_ref(), basic),
        groups: Vec::new(),
        locations: Vec::new(),
    };
    if !asked.groups.is_empty() {
        context.groups = groups::named(connection, id, asked.groups).await?;
    }
    if !asked.locations.is_empty() {
        context.locations = locations::named(connection, id, asked.locations).await?;
    }
    Ok(Some(context))
}
