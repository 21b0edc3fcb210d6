//! Profiles: create, read, hand in, approve.

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::organization_service_server::OrganizationService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::{Rpc, parse};
use crate::error::Error;
use crate::ops;
use crate::store::organizations;

#[tonic::async_trait]
impl OrganizationService for Rpc {
    async fn create_organization(
        &self,
        request: Request<pb::CreateOrganizationRequest>,
    ) -> Result<Response<pb::CreateOrganizationResponse>, Status> {
        let (call, new) = Call::read(request, |call, violations| {
            parse::new_organization(call, violations, &self.padding)
        })?;
        let key = call.key();
        let answer = ops::create_organization(&self.desk, key, new).await?;
        Ok(Response::new(answer))
    }

    async fn get_organization(
        &self,
        request: Request<pb::GetOrganizationRequest>,
    ) -> Result<Response<pb::GetOrganizationResponse>, Status> {
        let (_, id) = Call::read(request, |call, violations| {
            parse::organization(call, violations, "name", &call.message.name)
        })?;
        let found = self
            .desk
            .read(move |c| Box::pin(organizations::get(c, id)))
            .await?;
        Ok(Response::new(found.ok_or(Error::NotFound)?.into()))
    }

    async fn submit_organization(
        &self,
        request: Request<pb::SubmitOrganizationRequest>,
    ) -> Result<Response<pb::SubmitOrganizationResponse>, Status> {
        let (call, id) = Call::read(request, |call, violations| {
            parse::organization(call, violations, "name", &call.message.name)
        })?;
        let key = call.key();
        let answer = ops::submit_organization(&self.desk, key, id).await?;
        Ok(Response::new(answer))
    }

    async fn approve_organization(
        &self,
        request: Request<pb::ApproveOrganizationRequest>,
    ) -> Result<Response<pb::ApproveOrganizationResponse>, Status> {
        let (call, id) = Call::read(request, |call, violations| {
            parse::organization(call, violations, "name", &call.message.name)
        })?;
        let key = call.key();
        let answer = ops::approve_organization(&self.desk, key, id, call.message.reason).await?;
        Ok(Response::new(answer))
    }
}
