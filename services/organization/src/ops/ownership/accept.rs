//! An admin accepts the ownership.

use muster_address::EmailAddress;
use muster_ids::OwnershipOfferName;
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use super::swap;
use crate::context::Context;
use crate::domain::{Owner, OwnershipOffer, OwnershipOfferState, Successor};
use crate::error::Error;
use crate::ops::access_request::settle;
use crate::store::{organization, ownership_offer, profile_user};

/// Which offer, and who accepts it.
pub(crate) struct Acceptance {
    pub(crate) name: OwnershipOfferName,
    /// With the name of their own token.
    pub(crate) by: Owner,
    /// A verified one of their token.
    pub(crate) address: Option<EmailAddress>,
}

/// Moves the ownership to whom it was offered. Somebody else's offer is there no more than one that does not exist.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    acceptance: Acceptance,
) -> Result<OwnershipOffer, Error> {
    let now = context.clock.now();
    let Acceptance { name, by, address } = acceptance;
    // Nobody else's call waits for the profile, or keeps others waiting.
    let offered = ownership_offer::find(tx, name).await?;
    offered
        .filter(|offer| offer.person == by.person)
        .ok_or(Failure::NotFound)?;
    let profile = organization::lock(tx, name.organization).await?;
    let profile = profile.ok_or(Failure::NotFound)?;
    let user = profile_user::lock(tx, name.organization, by.person).await?;
    let offer = ownership_offer::lock(tx, name).await?.ok_or(Failure::NotFound)?;
    let accepted = match offer.accept(now) {
        Transition::Changed(accepted) => accepted,
        Transition::AlreadyDone(accepted) => return Ok(accepted),
        Transition::Refused(state) => return Err(Error::OwnershipOfferState(state)),
    };
    // Whoever takes the ground away ends the offer with it: this is a second look, at what must not go wrong.
    let has_ground = accepted.offered_by == profile.owner.person && Successor::of(user.as_ref(), now).is_ok();
    if !has_ground {
        return Err(Error::OwnershipOfferState(OwnershipOfferState::Lapsed));
    }
    if !profile.state.takes_changes() {
        return Err(Error::OrganizationState(profile.state));
    }
    let address = address.ok_or(Error::AddressUnknown)?;
    ownership_offer::update(tx, &accepted).await?;
    profile_user::put_address(tx, name.organization, by.person, &address, now).await?;
    settle::apply(tx, name.organization, by.person, accepted.offered_by, now).await?;
    swap::apply(tx, profile, by, now).await?;
    Ok(accepted)
}
