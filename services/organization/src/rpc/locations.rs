//! Locations.

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::location_service_server::LocationService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::{Rpc, parse};
use crate::ops;

#[tonic::async_trait]
impl LocationService for Rpc {
    async fn create_location(
        &self,
        request: Request<pb::CreateLocationRequest>,
    ) -> Result<Response<pb::CreateLocationResponse>, Status> {
        let (call, (organization, display_name)) = Call::read(request, parse::new_location)?;
        let key = call.key();
        let answer = ops::create_location(&self.desk, key, organization, display_name).await?;
        Ok(Response::new(answer))
    }
}
