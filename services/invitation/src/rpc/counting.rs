//! `InvitationInternalService`: how many are invited somewhere, for organization.

use muster_ids::{GroupName, LocationName, OrganizationName};
use muster_proto::invitation::v1 as pb;
use muster_proto::invitation::v1::invitation_internal_service_server::InvitationInternalService;
use muster_refusal::Violations;
use muster_server::names::{named, optional_named};
use muster_server::{Call, Parsed};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::error::Error;
use crate::store::invitation::list::{InvitedTo, count_live};

#[tonic::async_trait]
impl InvitationInternalService for Rpc {
    async fn count_live_invitations(
        &self,
        request: Request<pb::CountLiveInvitationsRequest>,
    ) -> Result<Response<pb::CountLiveInvitationsResponse>, Status> {
        let (_, place) = Call::read(request, place)?;
        let now = self.context.clock.now();
        let counting = async |c: &mut _| count_live(c, &place, now).await;
        let count = self.context.database.read(counting).await.map_err(Error::from)?;
        let live_invitations = i32::try_from(count).unwrap_or(i32::MAX);
        Ok(Response::new(pb::CountLiveInvitationsResponse {
            live_invitations,
        }))
    }
}

fn place(call: &Call<pb::CountLiveInvitationsRequest>, violations: &mut Violations) -> Parsed<InvitedTo> {
    let asked = &call.message;
    let organization = named::<OrganizationName>(violations, "organization", &asked.organization);
    let group = optional_named::<GroupName>(violations, "group", &asked.group);
    let location = optional_named::<LocationName>(violations, "location", &asked.location);
    let (Some(organization), Some(group), Some(location)) = (organization, group, location) else {
        return Ok(None);
    };
    Ok(Some(InvitedTo {
        organization: organization.organization,
        group: group.map(|name| name.group),
        location: location.map(|name| name.location),
    }))
}
