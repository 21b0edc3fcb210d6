//! The civil day at an organization.

use muster_ids::OrganizationId;
use time::Date;

use crate::context::Context;
use crate::error::Error;

/// The day that it is where the organization is, by the zone of its licensing authority.
///
/// # Errors
/// Of a peer.
pub(crate) async fn at(context: &Context, organization: OrganizationId) -> Result<Date, Error> {
    let site = context.peers.site(organization, None).await?;
    let authority = site.map(|site| site.authority).unwrap_or_default();
    Ok(context.time_zones.today(&authority, context.clock.now()))
}
