//! The owner offers the ownership to an admin.

use muster_ids::{OrganizationId, PersonId};
use muster_states::Transition;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{OwnershipOffer, Successor};
use crate::error::Error;
use crate::ops::lock_open_owned;
use crate::store::{ownership_offer, profile_user};

/// Who offers it to whom.
pub(crate) struct Offering {
    pub(crate) organization: OrganizationId,
    pub(crate) person: PersonId,
    /// The owner.
    pub(crate) by: PersonId,
}

/// Offers it; an open offer to the same person is answered as it is.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    offering: Offering,
) -> Result<OwnershipOffer, Error> {
    let now = context.clock.now();
    let Offering {
        organization,
        person,
        by,
    } = offering;
    lock_open_owned(tx, organization, by).await?;
    let user = profile_user::lock(tx, organization, person).await?;
    let successor = Successor::of(user.as_ref(), now).map_err(Error::SuccessorCannotAct)?;
    if let Some(open) = ownership_offer::lock_open(tx, organization).await? {
        match open.clone().expire(now) {
            Transition::Changed(expired) => ownership_offer::update(tx, &expired).await?,
            _ if open.person == person => return Ok(open),
            _ => return Err(Error::OwnershipOfferOpen),
        }
    }
    let offer = OwnershipOffer::new(organization, context.clock.new_id(), successor, by, now);
    ownership_offer::insert(tx, &offer).await?;
    Ok(offer)
}
