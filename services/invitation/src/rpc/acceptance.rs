//! `AcceptanceInternalService`: who accepted, for employment.

use muster_ids::{InvitationName, PersonName};
use muster_proto::invitation::v1 as pb;
use muster_proto::invitation::v1::acceptance_internal_service_server::AcceptanceInternalService;
use muster_refusal::Refusal;
use muster_server::Call;
use muster_server::names::named;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::error::Error;
use crate::store::invitation::find;

#[tonic::async_trait]
impl AcceptanceInternalService for Rpc {
    async fn get_acceptance(
        &self,
        request: Request<pb::GetAcceptanceRequest>,
    ) -> Result<Response<pb::GetAcceptanceResponse>, Status> {
        let (_, name): (_, InvitationName) = Call::read(request, |call, violations| {
            Ok(named(violations, "invitation", &call.message.invitation))
        })?;
        let database = &self.context.database;
        let finding = database.read(async |c| find(c, name.organization, name.invitation).await);
        let found = finding
            .await
            .map_err(Error::from)?
            .ok_or_else(Refusal::not_found)?;
        let acceptance = found.state.acceptance().ok_or_else(Refusal::not_found)?;
        Ok(Response::new(pb::GetAcceptanceResponse {
            person: PersonName {
                person: acceptance.person,
            }
            .to_string(),
            display_name: acceptance.display_name.clone(),
        }))
    }
}
