//! Deliveries of an organization.

use muster_database::DatabaseError;
use muster_proto::notification::v1::delivery_service_server::DeliveryService;
use muster_proto::notification::v1::{ListDeliveriesRequest, ListDeliveriesResponse};
use muster_server::page::{List, Size};
use muster_server::{Call, failure};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::store::{self, Listed, Position};

const LIST: &str = "/muster.notification.v1.DeliveryService/ListDeliveries";

#[tonic::async_trait]
impl DeliveryService for Rpc {
    async fn list_deliveries(
        &self,
        request: Request<ListDeliveriesRequest>,
    ) -> Result<Response<ListDeliveriesResponse>, Status> {
        let call = Call::accept(request)?;
        let organization = call.organization()?;
        let filter = format!("{organization} {}", call.message.subject);
        let list = List {
            caller: &call.caller,
            method: LIST,
            filter: &filter,
        };
        let position: Option<Position> = self.page_key.open(&list, &call.message.page_token)?;
        let size = Size::of(call.message.page_size);
        let subject = Some(call.message.subject.clone()).filter(|subject| !subject.is_empty());
        let found: Result<Vec<Listed>, DatabaseError> = self
            .database
            .read(move |connection| {
                Box::pin(async move {
                    store::list(
                        connection,
                        organization,
                        subject.as_deref(),
                        position,
                        size.fetch(),
                    )
                    .await
                })
            })
            .await;
        let mut found = found.map_err(|error| failure::of_database(&error))?;
        let next_page_token = self
            .page_key
            .cut(&list, size, &mut found, |last| last.delivery.as_uuid());
        let deliveries = found.into_iter().map(Into::into).collect();
        Ok(Response::new(ListDeliveriesResponse {
            deliveries,
            next_page_token,
        }))
    }
}
