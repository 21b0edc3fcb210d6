//! `AcceptanceInternalService`: who accepted, for employment.

use muster_ids::{InvitationName, PersonName};
use muster_proto::invitation::v1 as proto;
use muster_proto::invitation::v1::acceptance_internal_service_server::AcceptanceInternalService;
use muster_server::Call;
use muster_server::names::named;
use tonic::{Request, Response, Status};

use crate::error::Error;
use crate::parts::Parts;
use crate::store::invitations::find;

/// Answers employment.
#[derive(Clone)]
pub(crate) struct AcceptanceRpc {
    pub(crate) parts: Parts,
}

#[tonic::async_trait]
impl AcceptanceInternalService for AcceptanceRpc {
    async fn get_acceptance(
        &self,
        request: Request<proto::GetAcceptanceRequest>,
    ) -> Result<Response<proto::GetAcceptanceResponse>, Status> {
        let (_, name): (_, InvitationName) = Call::read(request, |call, violations| {
            Ok(named(violations, "invitation", &call.message.invitation))
        })?;
        let reading = self
            .parts
            .database
            .read_boxed(move |c| Box::pin(find(c, name.organization, name.invitation)));
        let found = reading.await.map_err(Error::from)?.ok_or(Error::NotFound)?;
        let acceptance = found.state.acceptance().ok_or(Error::NotFound)?;
        Ok(Response::new(proto::GetAcceptanceResponse {
            person: PersonName {
                person: acceptance.person,
            }
            .to_string(),
            display_name: acceptance.display_name.clone(),
        }))
    }
}
