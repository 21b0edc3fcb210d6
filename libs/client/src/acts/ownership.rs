//! How an ownership moves.

use muster_proto::organization::v1::ownership_service_client::OwnershipServiceClient;
use muster_proto::organization::v1::{AcceptOwnershipRequest, OfferOwnershipRequest, OwnershipOffer};

use super::resource;
use crate::{CallError, Transport, request_id};

/// The owner offers the ownership to an admin, `persons/{person}`.
///
/// # Errors
/// The call failed.
pub async fn offer<T: Transport>(
    owner: &T,
    organization: &str,
    person: &str,
) -> Result<OwnershipOffer, CallError> {
    let request = OfferOwnershipRequest {
        parent: organization.to_owned(),
        person: person.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| OwnershipServiceClient::new(client).offer_ownership(request).await;
    resource(owner, request, send, |response| response.ownership_offer).await
}

/// The admin accepts it, and is the owner.
///
/// # Errors
/// The call failed.
pub async fn accept<T: Transport>(admin: &T, name: &str) -> Result<OwnershipOffer, CallError> {
    let request = AcceptOwnershipRequest {
        name: name.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        OwnershipServiceClient::new(client)
            .accept_ownership(request)
            .await
    };
    resource(admin, request, send, |response| response.ownership_offer).await
}
