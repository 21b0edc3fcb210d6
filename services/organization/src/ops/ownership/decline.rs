//! An admin does not want the ownership.

use muster_ids::{OwnershipOfferName, PersonId};
use muster_server::Failure;
use sqlx::PgConnection;

use super::store;
use crate::context::Context;
use crate::domain::OwnershipOffer;
use crate::error::Error;
use crate::store::ownership_offer;

/// Declines an open offer. Somebody else's is there no more than one that does not exist.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    name: OwnershipOfferName,
    by: PersonId,
) -> Result<OwnershipOffer, Error> {
    let offer = ownership_offer::lock(tx, name).await?;
    let own = offer.filter(|offer| offer.person == by);
    let own = own.ok_or(Failure::NotFound)?;
    store(tx, own.decline(context.clock.now())).await
}
