//! The ground of an offer is gone.

use muster_ids::{OrganizationId, PersonId};
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{OwnershipOffer, ProfileUser};
use crate::store::ownership_offer;

/// Ends the open offer to this person, who is no admin any more, or sleeps. It does not come back when they wake up.
pub(crate) async fn of_person(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
    now: OffsetDateTime,
) -> Result<(), Failure> {
    end(tx, organization, now, |offer| offer.person == person).await
}

/// Ends the open offer to this person if it does not stand on what they are now.
pub(crate) async fn unless_stands_on(
    tx: &mut PgConnection,
    user: &ProfileUser,
    now: OffsetDateTime,
) -> Result<(), Failure> {
    end(tx, user.organization, now, |offer| {
        offer.person == user.person && !offer.stands_on(user, now)
    })
    .await
}

/// Ends the open offer, whoever it was made to: the ownership moves otherwise, or nowhere any more.
pub(crate) async fn of_anybody(
    tx: &mut PgConnection,
    organization: OrganizationId,
    now: OffsetDateTime,
) -> Result<(), Failure> {
    end(tx, organization, now, |_| true).await
}

async fn end(
    tx: &mut PgConnection,
    organization: OrganizationId,
    now: OffsetDateTime,
    is_concerned: impl Fn(&OwnershipOffer) -> bool,
) -> Result<(), Failure> {
    let open = ownership_offer::lock_open(tx, organization).await?;
    let concerned = open.filter(is_concerned);
    if let Some(Transition::Changed(lapsed)) = concerned.map(|offer| offer.lapse(now)) {
        ownership_offer::update(tx, &lapsed).await?;
    }
    Ok(())
}
