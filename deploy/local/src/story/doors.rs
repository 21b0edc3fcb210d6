//! Before the first step: the pages open, and the edge answers.

use muster_proto::invitation::v1::LookupInvitationRequest;
use muster_proto::invitation::v1::invitation_redemption_service_client::InvitationRedemptionServiceClient;
use muster_refusal::ErrorReason;

use super::browser::Browser;
use super::patience::refused;
use super::world::World;
use crate::edge::Caller;

/// Looks in at every door that is open to anybody.
pub(super) async fn open(world: &World) -> anyhow::Result<()> {
    let all = &world.addresses;
    for page in [&all.gateway, &all.issuer, &all.inbox, &all.traces] {
        Browser::open(all, page).await?;
    }
    let request = LookupInvitationRequest {
        token: "a-link-that-nobody-was-sent".to_owned(),
    };
    let anybody = Caller::nobody(world.edge.clone());
    let looked = anybody.ask(request, async |edge, call| {
        InvitationRedemptionServiceClient::new(edge)
            .lookup_invitation(call)
            .await
    });
    refused(
        "a link that nobody was sent",
        ErrorReason::LinkInvalid,
        looked.await,
    )
    .map(drop)
}
