//! Everything was checked.

use muster_ids::{OrganizationId, PersonId};
use muster_server::Failure;
use sqlx::PgConnection;

use super::read::{self, ReviewSheet};
use crate::context::Context;
use crate::domain::OrganizationState;
use crate::error::Error;
use crate::store::{employment_projection, organization, review};

/// Of what, who confirms, and how many claims they have seen to wait.
pub(crate) struct Confirmation {
    pub(crate) organization: OrganizationId,
    pub(crate) by: PersonId,
    pub(crate) acknowledged: i64,
}

/// Confirms the review: the next one is due a period from now. Nobody who waits to be verified is overlooked by it.
///
/// # Errors
/// [`Failure::NotFound`], [`Error::OrganizationState`], [`Error::ReviewClaimsPending`]; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    confirmation: Confirmation,
) -> Result<ReviewSheet, Error> {
    let Confirmation {
        organization: id,
        by,
        acknowledged,
    } = confirmation;
    let profile = organization::lock(tx, id).await?.ok_or(Failure::NotFound)?;
    if profile.state != OrganizationState::Active {
        return Err(Error::OrganizationState(profile.state));
    }
    let claims = employment_projection::waiting(tx, id).await?;
    if claims.are_more_than(acknowledged) {
        return Err(Error::ReviewClaimsPending(claims));
    }
    let known = match review::lock(tx, id).await? {
        Some(known) => known,
        None => {
            let begun = read::begun(context, &profile);
            review::insert(tx, &begun).await?;
            begun
        }
    };
    let period = context.review_periods.of(&profile);
    let confirmed = known.confirm(by, context.clock.now(), period);
    review::update(tx, &confirmed).await?;
    read::sheet(tx, context, &profile, confirmed).await
}
