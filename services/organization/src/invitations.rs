//! Who is invited where. The invitation service owns it.

use muster_ids::OrganizationName;
use muster_proto::invitation::v1::CountLiveInvitationsRequest;
use muster_proto::invitation::v1::invitation_internal_service_client::InvitationInternalServiceClient;
use muster_server::{Failure, Peer};

use crate::domain::Place;
use crate::error::Error;

/// Asks the invitation service.
#[derive(Clone, Debug)]
pub(crate) struct Invitations(InvitationInternalServiceClient<Peer>);

impl Invitations {
    pub(crate) fn new(invitation: Peer) -> Self {
        Self(InvitationInternalServiceClient::new(invitation))
    }

    /// How many invitations into a group, or to a location, can still be accepted.
    pub(crate) async fn count(&self, place: Place) -> Result<i32, Error> {
        let organization = place.organization();
        let request = CountLiveInvitationsRequest {
            organization: OrganizationName { organization }.to_string(),
            group: place.group().map(|name| name.to_string()).unwrap_or_default(),
            location: place.location().map(|name| name.to_string()).unwrap_or_default(),
        };
        let answer = self.0.clone().count_live_invitations(request).await;
        let answer = answer.map_err(|status| Failure::Peer(Box::new(status)))?;
        Ok(answer.into_inner().live_invitations)
    }
}
