//! The organization's own catalog.

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::catalog_service_server::CatalogService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::{Rpc, parse};
use crate::ops;

#[tonic::async_trait]
impl CatalogService for Rpc {
    async fn add_training(
        &self,
        request: Request<pb::AddTrainingRequest>,
    ) -> Result<Response<pb::AddTrainingResponse>, Status> {
        let (call, (organization, training)) = Call::read(request, parse::added_training)?;
        let key = call.key();
        let answer = ops::add_training(&self.desk, key, organization, training).await?;
        Ok(Response::new(answer))
    }
}
