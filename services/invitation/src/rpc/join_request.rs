//! `JoinRequestService`: what strangers do on a join page.

use muster_address::EmailAddress;
use muster_ids::{GroupName, LocationName};
use muster_proto::invitation::v1 as pb;
use muster_proto::invitation::v1::join_request_service_server::JoinRequestService;
use muster_refusal::Violations;
use muster_server::names::named;
use muster_server::{Call, Parsed};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::ops::join_request::ask::{self, Ask};
use crate::ops::join_request::verify;

#[tonic::async_trait]
impl JoinRequestService for Rpc {
    async fn request_to_join(
        &self,
        request: Request<pb::RequestToJoinRequest>,
    ) -> Result<Response<pb::RequestToJoinResponse>, Status> {
        let (_, command) = Call::read(request, asked)?;
        let prepared = ask::prepare(&self.context, &command).await?;
        let take = async |tx: &mut _| ask::apply(tx, &self.context, &prepared.request).await;
        self.context.database.write(take).await?;
        Ok(Response::new(pb::RequestToJoinResponse {
            organization_display_name: prepared.organization_display_name,
        }))
    }

    async fn verify_join_request(
        &self,
        request: Request<pb::VerifyJoinRequestRequest>,
    ) -> Result<Response<pb::VerifyJoinRequestResponse>, Status> {
        let call = Call::accept(request)?;
        let prepared = verify::prepare(&self.context, &call.message.token).await?;
        let confirm = async |tx: &mut _| verify::apply(tx, &self.context, &prepared).await;
        self.context.database.write(confirm).await?;
        Ok(Response::new(pb::VerifyJoinRequestResponse {
            organization_display_name: prepared.organization_display_name,
        }))
    }
}

fn asked(call: &Call<pb::RequestToJoinRequest>, violations: &mut Violations) -> Parsed<Ask> {
    let given = &call.message;
    let group = named::<GroupName>(violations, "group", &given.group);
    let location = named::<LocationName>(violations, "location", &given.location);
    let address = violations.check("address", EmailAddress::parse(&given.address));
    Ok(group
        .zip(location)
        .zip(address)
        .map(|((group, location), address)| Ask {
            slug: given.slug.clone(),
            group,
            location,
            address,
            // The field rule has looked at it.
            language: given.language.parse().ok(),
        }))
}
