//! Whether and into what an organization may invite, for the invitation service.

mod convert;
mod parse;

use muster_database::DatabaseError;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::inviting_internal_service_server::InvitingInternalService;
use muster_server::{Call, Failure};
use sqlx::PgConnection;
use tonic::{Request, Response, Status};

use super::Rpc;
use super::join_page::open;
use crate::context::Context;
use crate::domain::{Entitlement, Group, InvitingOrganization, Location};
use crate::error::Error;
use crate::store::{group, inviting, join_page, location};
use parse::{ContextQuery, OpenPageQuery};

/// What the invitation service needs to know.
struct InvitingContext {
    organization: InvitingOrganization,
    in_force: Entitlement,
    locations: Vec<Location>,
    /// In which people are told its times.
    time_zone: String,
}

#[tonic::async_trait]
impl InvitingInternalService for Rpc {
    async fn get_inviting_context(
        &self,
        request: Request<pb::GetInvitingContextRequest>,
    ) -> Result<Response<pb::GetInvitingContextResponse>, Status> {
        let (_, query) = Call::read(request, parse::context)?;
        let look = async |db: &mut _| look(db, &self.context, &query).await.map_err(Error::from);
        let found = self.context.database.read(look).await?;
        let context = found.ok_or(Error::from(Failure::NotFound))?;
        Ok(Response::new(context.into()))
    }

    async fn get_open_join_page(
        &self,
        request: Request<pb::GetOpenJoinPageRequest>,
    ) -> Result<Response<pb::GetOpenJoinPageResponse>, Status> {
        let (_, query) = Call::read(request, parse::open_page)?;
        let look = async |db: &mut PgConnection| {
            let organization = match &query {
                OpenPageQuery::Organization(organization) => *organization,
                OpenPageQuery::Slug(slug) => {
                    let now = self.context.clock.now();
                    let found = join_page::organization_of(db, slug, now).await?;
                    found.ok_or(Failure::NotFound)?
                }
            };
            let page = open::page(db, &self.context, organization).await?;
            Ok::<_, Error>((organization, page.ok_or(Failure::NotFound)?))
        };
        let (organization, page) = self.context.database.read(look).await?;
        Ok(Response::new(convert::open_page(organization, &page)))
    }

    async fn list_inviting_groups(
        &self,
        request: Request<pb::ListInvitingGroupsRequest>,
    ) -> Result<Response<pb::ListInvitingGroupsResponse>, Status> {
        let (call, id) = Call::read(request, parse::groups)?;
        let list = async |after, limit| {
            let list = async |db: &mut _| group::list(db, id, after, limit).await;
            self.context.database.read(list).await.map_err(Error::from)
        };
        let position = |last: &Group| last.display_name.as_str().to_owned();
        call.page(&self.context.page_key, list, position).await
    }

    async fn list_inviting_locations(
        &self,
        request: Request<pb::ListInvitingLocationsRequest>,
    ) -> Result<Response<pb::ListInvitingLocationsResponse>, Status> {
        let (call, id) = Call::read(request, parse::locations)?;
        let list = async |after, limit| {
            let list = async |db: &mut _| location::list(db, id, after, limit).await;
            self.context.database.read(list).await.map_err(Error::from)
        };
        let position = |last: &Location| last.display_name.as_str().to_owned();
        call.page(&self.context.page_key, list, position).await
    }
}

async fn look(
    db: &mut PgConnection,
    context: &Context,
    query: &ContextQuery,
) -> Result<Option<InvitingContext>, DatabaseError> {
    let id = query.organization;
    let Some(organization) = inviting::find(db, id, &query.groups).await? else {
        return Ok(None);
    };
    let subscription = organization.subscription.as_ref();
    let in_force = Entitlement::at(context.clock.now(), subscription, context.basic);
    let time_zone = context.time_zones.name_of(organization.authority.as_str());
    let locations = if query.locations.is_empty() {
        Vec::new()
    } else {
        location::find_all(db, id, &query.locations).await?
    };
    Ok(Some(InvitingContext {
        organization,
        in_force,
        locations,
        time_zone,
    }))
}
