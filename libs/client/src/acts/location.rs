//! Locations of an organization.

use muster_proto::organization::v1::location_service_client::LocationServiceClient;
use muster_proto::organization::v1::{CreateLocationRequest, Location};

use super::resource;
use crate::{CallError, Transport, request_id};

/// Creates a location.
///
/// # Errors
/// The call failed.
pub async fn create<T: Transport>(
    owner: &T,
    organization: &str,
    display_name: &str,
) -> Result<Location, CallError> {
    let location = Location {
        display_name: display_name.to_owned(),
        ..Location::default()
    };
    let request = CreateLocationRequest {
        parent: organization.to_owned(),
        location: Some(location),
        request_id: request_id(),
    };
    let send = async |client, request| LocationServiceClient::new(client).create_location(request).await;
    resource(owner, request, send, |response| response.location).await
}
