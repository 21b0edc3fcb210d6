//! The organization's own catalog.

use muster_proto::organization::v1::AddTrainingRequest;
use muster_proto::organization::v1::catalog_service_client::CatalogServiceClient;

use crate::{CallError, Transport, call, request_id};

/// Adds a training of the shared catalog to the organization's. Adding it again changes nothing.
///
/// # Errors
/// The call failed.
pub async fn add_training<T: Transport>(
    owner: &T,
    organization: &str,
    training: &str,
) -> Result<(), CallError> {
    let request = AddTrainingRequest {
        parent: organization.to_owned(),
        training: training.to_owned(),
        request_id: request_id(),
    };
    let added = call(owner, request, async |client, request| {
        CatalogServiceClient::new(client).add_training(request).await
    });
    added.await.map(drop)
}
