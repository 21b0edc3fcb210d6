//! Who directs an organization.

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::director_internal_service_server::DirectorInternalService;
use muster_server::{Call, Failure};
use tonic::{Request, Response, Status};

use crate::error::Error;
use crate::rpc::{Rpc, named_organization};

#[tonic::async_trait]
impl DirectorInternalService for Rpc {
    async fn get_director(
        &self,
        request: Request<pb::GetDirectorRequest>,
    ) -> Result<Response<pb::GetDirectorResponse>, Status> {
        let (_, id) = Call::read(request, |call, violations| {
            Ok(named_organization(violations, &call.message.organization))
        })?;
        let found = self.context.profiles.find(&self.context.database, id).await;
        let found = found.map_err(Error::from)?;
        let approved = found.filter(|profile| profile.approve_time.is_some());
        let approved = approved.ok_or(Error::from(Failure::NotFound))?;
        Ok(Response::new(approved.owner.into()))
    }
}
