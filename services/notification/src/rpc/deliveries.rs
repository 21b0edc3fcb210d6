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
        let subject = subject.map(|name| name.to_string());
        let list = async |after, limit| {
            let list =
                async |db: &mut _| store::list(db, organization, subject.as_deref(), after, limit).await;
            let reading = self.database.read(list).await;
            reading.map_err(|error| failure::of_database(&error))
        };
        call.page(&self.page_key, list, |last: &Listed| last.delivery.as_uuid())
            .await
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
