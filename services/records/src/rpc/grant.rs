//! Consent.

use muster_proto::records::v1 as pb;
use muster_proto::records::v1::grant_service_server::GrantService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::{Rpc, parse};
use crate::ops;

#[tonic::async_trait]
impl GrantService for Rpc {
    async fn create_grant(
        &self,
        request: Request<pb::CreateGrantRequest>,
    ) -> Result<Response<pb::CreateGrantResponse>, Status> {
        let (call, (person, organization)) = Call::read(request, parse::new_grant)?;
        let key = call.key();
        Ok(Response::new(
            ops::grant(&self.desk, key, person, organization).await?,
        ))
    }

    async fn revoke_grant(
        &self,
        request: Request<pb::RevokeGrantRequest>,
    ) -> Result<Response<pb::RevokeGrantResponse>, Status> {
        let (call, name) = Call::read(request, parse::grant)?;
        let key = call.key();
        Ok(Response::new(ops::revoke(&self.desk, key, name).await?))
    }
}
