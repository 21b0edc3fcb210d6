//! Registry staff give an organization a plan.

use muster_ids::{OrganizationId, PersonId};
use muster_server::Failure;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::domain::{Entitlement, StaffAct, StaffAction, Subscription};
use crate::error::Error;
use crate::ops::require_not_own;
use crate::store::{organization, staff_act, subscription};

/// What registry staff say of a subscription.
pub(crate) struct NewSubscription {
    pub(crate) organization: OrganizationId,
    pub(crate) entitlement: Entitlement,
    pub(crate) end_time: Option<OffsetDateTime>,
    /// Who gives it.
    pub(crate) by: PersonId,
    /// The same person, as the audit names them.
    pub(crate) actor: String,
    pub(crate) reason: String,
}

/// Puts a plan in the place of the one that the organization had. Whether it makes sense is looked at here, not before: a
/// repeated request gets its answer also after the end.
///
/// # Errors
/// [`Error::Subscription`], [`Failure::NotFound`], [`Error::OwnProfile`], [`Error::OrganizationState`] of one that was refused or
/// closed; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    new: NewSubscription,
) -> Result<Subscription, Error> {
    let now = context.clock.now();
    let subscription = Subscription {
        organization: new.organization,
        entitlement: new.entitlement,
        activate_time: now,
        end_time: new.end_time,
    };
    let problems = subscription.problems();
    if !problems.is_empty() {
        return Err(Error::Subscription(problems));
    }
    let act = StaffAct {
        organization: new.organization,
        id: context.clock.new_uuid(),
        action: StaffAction::ActivateSubscription,
        actor: new.actor,
        reason: new.reason,
        time: now,
    };
    let locked = organization::lock(tx, new.organization).await?;
    let profile = locked.ok_or(Failure::NotFound)?;
    require_not_own(tx, &profile, new.by).await?;
    if !profile.state.takes_changes() {
        return Err(Error::OrganizationState(profile.state));
    }
    staff_act::insert(tx, &act).await?;
    subscription::put(tx, &subscription).await?;
    Ok(subscription)
}
