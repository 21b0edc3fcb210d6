//! Mails on their way.

use muster_proto::notification::v1::delivery_service_client::DeliveryServiceClient;
use muster_proto::notification::v1::{ListDeliveriesRequest, ListDeliveriesResponse};

use crate::{CallError, Transport, call};

/// Lists deliveries of an organization: one page.
///
/// # Errors
/// The call failed.
pub async fn list<T: Transport>(
    reader: &T,
    request: ListDeliveriesRequest,
) -> Result<ListDeliveriesResponse, CallError> {
    let listed = call(reader, request, async |client, request| {
        DeliveryServiceClient::new(client).list_deliveries(request).await
    });
    listed.await
}
