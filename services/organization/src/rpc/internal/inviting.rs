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
use crate::rpc::{Rpc, parse};
use crate::store::{groups, locations, organizations, subscriptions};

/// All that an organization has.
const ALL: i64 = i64::MAX;

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
        let call = Call::accept(request)?;
        let id = parse::named_organization(&call.message.organization)?;
        let (now, basic) = (self.desk.clock.now(), self.basic);
        let found = self.desk.read(move |c| Box::pin(look(c, id, now, basic))).await?;
        Ok(Response::new(found.ok_or(Error::NotFound)?.into()))
    }
}

async fn look(
    connection: &mut PgConnection,
    id: OrganizationId,
    now: OffsetDateTime,
    basic: Limits,
) -> Result<Option<InvitingContext>, DatabaseError> {
    let Some(organization) = organizations::get(connection, id).await? else {
        return Ok(None);
    };
    let subscription = subscriptions::get(connection, id).await?;
    Ok(Some(InvitingContext {
        organization,
        in_force: Entitlement::at(now, subscription.as_ref(), basic),
        groups: groups::page(connection, id, None, ALL).await?,
        locations: locations::all(connection, id).await?,
    }))
}
