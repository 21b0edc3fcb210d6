//! Deliveries of an organization.

use muster_ids::InvitationName;
use muster_proto::notification::v1 as pb;
use muster_proto::notification::v1::delivery_service_server::DeliveryService;
use muster_refusal::{Refusal, Violations};
use muster_server::{Call, failure};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::store::{self, Listed};

#[tonic::async_trait]
impl DeliveryService for Rpc {
    async fn list_deliveries(
        &self,
        request: Request<pb::ListDeliveriesRequest>,
    ) -> Result<Response<pb::ListDeliveriesResponse>, Status> {
        let call = Call::accept(request)?;
        let (asked, organization) = (&call.message, call.organization()?);
        let subject = subject(&asked.subject)?.map(|name| name.to_string());
        let filter = format!("{organization} {}", subject.as_deref().unwrap_or_default());
        let list = call.list(&filter, asked.page_size, &asked.page_token);
        let fetch = |position, limit| async move {
            let reading = self.database.read(move |connection| {
                Box::pin(async move {
                    store::list(connection, organization, subject.as_deref(), position, limit).await
                })
            });
            reading.await.map_err(|error| failure::of_database(&error))
        };
        let position = |last: &Listed| last.delivery.as_uuid();
        let page = self
            .page_key
            .page(list, fetch, position, pb::Delivery::from)
            .await?;
        Ok(Response::new(pb::ListDeliveriesResponse {
            deliveries: page.items,
            next_page_token: page.next_page_token,
        }))
    }
}

/// What the deliveries are about, if that is said.
fn subject(text: &str) -> Result<Option<InvitationName>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let mut violations = Violations::new();
    let name = violations.check("subject", text.parse());
    name.map(Some).ok_or_else(|| violations.into_refusal())
}
