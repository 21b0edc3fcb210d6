//! Verbs on the ownership. Whoever moves it takes the lock of the profile first, so that there is one owner at every moment.

pub(crate) mod accept;
pub(crate) mod decline;
pub(crate) mod lapse;
pub(crate) mod offer;
pub(crate) mod reassign;
mod swap;
pub(crate) mod withdraw;

use muster_states::Transition;
use sqlx::PgConnection;

use crate::domain::{OwnershipOffer, OwnershipOfferState};
use crate::error::Error;
use crate::store::ownership_offer;

/// Stores what a transition came to.
async fn store(
    tx: &mut PgConnection,
    transition: Transition<OwnershipOffer, OwnershipOfferState>,
) -> Result<OwnershipOffer, Error> {
    match transition {
        Transition::Changed(changed) => {
            ownership_offer::update(tx, &changed).await?;
            Ok(changed)
        }
        Transition::AlreadyDone(same) => Ok(same),
        Transition::Refused(state) => Err(Error::OwnershipOfferState(state)),
    }
}
