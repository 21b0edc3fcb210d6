//! Locations.

mod convert;
mod parse;

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::location_service_server::LocationService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::ops::location::{create, update};

#[tonic::async_trait]
impl LocationService for Rpc {
    async fn create_location(
        &self,
        request: Request<pb::CreateLocationRequest>,
    ) -> Result<Response<pb::CreateLocationResponse>, Status> {
        let context = &self.context;
        let (call, new) = Call::read(request, parse::new)?;
        let work = async |tx: &mut _| create::apply(tx, context, new).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn update_location(
        &self,
        request: Request<pb::UpdateLocationRequest>,
    ) -> Result<Response<pb::UpdateLocationResponse>, Status> {
        let context = &self.context;
        let (call, (name, changes)) = Call::read(request, parse::update)?;
        let work = async |tx: &mut _| update::apply(tx, name, changes, &call.if_match()).await;
        call.once(&context.database, context.clock.now(), work).await
    }
}
