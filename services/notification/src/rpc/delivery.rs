//! Deliveries of an organization.

mod convert;
mod parse;

use muster_proto::notification::v1 as pb;
use muster_proto::notification::v1::delivery_service_server::DeliveryService;
use muster_server::{Call, Failure};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::Delivery;
use crate::store::delivery;

#[tonic::async_trait]
impl DeliveryService for Rpc {
    async fn list_deliveries(
        &self,
        request: Request<pb::ListDeliveriesRequest>,
    ) -> Result<Response<pb::ListDeliveriesResponse>, Status> {
        let (call, (organization, subject)) = Call::read(request, parse::list)?;
        let list = async |after, limit| {
            let list = async |db: &mut _| delivery::list(db, organization, subject, after, limit).await;
            self.context.database.read(list).await.map_err(Failure::from)
        };
        call.page(&self.context.page_key, list, |last: &Delivery| last.id)
            .await
    }
}
