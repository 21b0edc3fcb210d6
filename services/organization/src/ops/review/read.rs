//! What there is to review.

use muster_ids::OrganizationId;
use muster_server::Failure;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use crate::context::Context;
use crate::domain::{Organization, PublicFace, Review, ReviewItem};
use crate::error::Error;
use crate::store::{organization, review};

/// Access that ends within this time is to be looked at.
const SOON: Duration = Duration::days(30);

/// A review, and what there is to check at this moment.
#[derive(Debug)]
pub(crate) struct ReviewSheet {
    pub(crate) review: Review,
    /// How long it is current.
    pub(crate) period: Duration,
    pub(crate) at: OffsetDateTime,
    pub(crate) items: Vec<ReviewItem>,
    /// What strangers saw of the profile when it was approved, where they see something else now.
    pub(crate) approved_as: Option<PublicFace>,
}

/// The review of an approved profile.
///
/// # Errors
/// [`Failure::NotFound`], [`Error::OrganizationState`]; the database's.
pub(crate) async fn find(
    db: &mut PgConnection,
    context: &Context,
    id: OrganizationId,
) -> Result<ReviewSheet, Error> {
    let profile = organization::find(db, id).await?.ok_or(Failure::NotFound)?;
    if !profile.state.is_reviewed() {
        return Err(Error::OrganizationState(profile.state));
    }
    let review = review::find(db, id).await?;
    let review = review.unwrap_or_else(|| begun(context, &profile));
    sheet(db, context, &profile, review).await
}

/// A review with what there is to check.
pub(super) async fn sheet(
    db: &mut PgConnection,
    context: &Context,
    profile: &Organization,
    review: Review,
) -> Result<ReviewSheet, Error> {
    let at = context.clock.now();
    let approved_as = review::find_approved(db, profile.id).await?;
    Ok(ReviewSheet {
        approved_as: approved_as.filter(|approved| *approved != profile.face()),
        review,
        period: context.review_periods.of(profile),
        at,
        items: review::items(db, profile, at, SOON).await?,
    })
}

/// The review of a profile that a release approved which knew of none.
pub(super) fn begun(context: &Context, profile: &Organization) -> Review {
    let since = profile.approve_time.unwrap_or(profile.create_time);
    let period = context.review_periods.of(profile);
    Review::begin(profile.id, context.clock.new_id(), since, period)
}
