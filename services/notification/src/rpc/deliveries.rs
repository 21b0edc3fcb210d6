//! Deliveries of an organization.

use muster_ids::OrganizationId;
use muster_proto::notification::v1 as pb;
use muster_proto::notification::v1::delivery_service_server::DeliveryService;
use muster_refusal::Violations;
use muster_server::{Call, Parsed, failure};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::mails::Subject;
use crate::store::{self, Listed};

#[tonic::async_trait]
impl DeliveryService for Rpc {
    async fn list_deliveries(
        &self,
        request: Request<pb::ListDeliveriesRequest>,
    ) -> Result<Response<pb::ListDeliveriesResponse>, Status> {
        let (call, (organization, subject)) = Call::read(request, listed)?;
        let (asked, subject) = (&call.message, subject.map(|name| name.to_string()));
        let filter = format!("{organization} {}", subject.as_deref().unwrap_or_default());
        let list = call.list(&filter, asked.page_size, &asked.page_token);
        let fetch = |position, limit| async move {
            let reading = self.database.read_boxed(move |connection| {
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

/// The organization of the caller's token, and what the deliveries are about, if that is said.
fn listed(
    call: &Call<pb::ListDeliveriesRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, Option<Subject>)> {
    let (organization, given) = (call.organization()?, &call.message.subject);
    let subject = (!given.is_empty()).then(|| given.parse::<Subject>());
    let subject = violations.check("subject", subject.transpose());
    Ok(subject.map(|subject| (organization, subject)))
}
