//! The owner takes an offer back.

use muster_ids::{OwnershipOfferName, PersonId};
use muster_server::Failure;
use sqlx::PgConnection;

use super::store;
use crate::context::Context;
use crate::domain::OwnershipOffer;
use crate::error::Error;
use crate::ops::lock_owned;
use crate::store::ownership_offer;

/// Withdraws an open offer.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    name: OwnershipOfferName,
    by: PersonId,
) -> Result<OwnershipOffer, Error> {
    lock_owned(tx, name.organization, by).await?;
    let offer = ownership_offer::lock(tx, name).await?;
    let offer = offer.ok_or(Failure::NotFound)?;
    store(tx, offer.withdraw(context.clock.now())).await
}
