//! Who directs an organization.

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::director_internal_service_server::DirectorInternalService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use crate::error::Error;
use crate::rpc::{Rpc, parse};
use crate::store::organizations;

#[tonic::async_trait]
impl DirectorInternalService for Rpc {
    async fn get_director(
        &self,
        request: Request<pb::GetDirectorRequest>,
    ) -> Result<Response<pb::GetDirectorResponse>, Status> {
        let (_, id) = Call::read(request, |call, violations| {
            Ok(parse::named_organization(violations, &call.message.organization))
        })?;
        let found = self
            .desk
            .read(move |c| Box::pin(organizations::get(c, id)))
            .await?;
        let approved = found.filter(|profile| profile.approved.is_some());
        Ok(Response::new(approved.ok_or(Error::NotFound)?.owner.into()))
    }
}
