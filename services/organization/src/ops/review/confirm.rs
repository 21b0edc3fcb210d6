//! Everything was checked.

use muster_ids::{OrganizationId, PersonId};
use muster_server::Failure;
use sqlx::PgConnection;

use super::read::{self, ReviewSheet};
use crate::context::Context;
use crate::domain::OrganizationState;
use crate::error::Error;
use crate::store::{organization, review};

/// Confirms the review: the next one is due a period from now.
///
/// # Errors
/// [`Failure::NotFound`], [`Error::OrganizationState`]; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    id: OrganizationId,
    by: PersonId,
) -> Result<ReviewSheet, Error> {
    let profile = organization::lock(tx, id).await?.ok_or(Failure::NotFound)?;
    if profile.state != OrganizationState::Active {
        return Err(Error::OrganizationState(profile.state));
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
