//! Registry staff give an organization a plan.

use muster_database::idempotency::{self, Key};
use muster_ids::OrganizationId;
use time::OffsetDateTime;

use super::{Answer, Desk};
use crate::domain::{Deed, Entitlement, StaffAct, Subscription};
use crate::error::Error;
use crate::store::{organizations, staff_acts, subscriptions};

/// What registry staff say of a subscription.
pub(crate) struct NewSubscription {
    pub(crate) organization: OrganizationId,
    pub(crate) entitlement: Entitlement,
    pub(crate) end: Option<OffsetDateTime>,
    pub(crate) reason: String,
}

/// Puts a plan in the place of the one that the organization had.
pub(crate) async fn activate_subscription<A: Answer<Subscription>>(
    desk: &Desk,
    key: Key,
    new: NewSubscription,
) -> Result<A, Error> {
    let activated = desk.clock.now();
    let NewSubscription {
        organization,
        entitlement,
        end,
        reason,
    } = new;
    let subscription = Subscription {
        organization,
        entitlement,
        activated,
        end,
    };
    let act = StaffAct {
        organization,
        id: desk.clock.new_uuid(),
        deed: Deed::ActivateSubscription,
        actor: key.caller.clone(),
        reason,
        time: activated,
    };
    idempotency::run(&desk.database, key, activated, move |tx| {
        Box::pin(async move {
            // Here, not before: a repeated request gets its answer also after the end.
            let problems = subscription.problems();
            if !problems.is_empty() {
                return Err(Error::Subscription(problems));
            }
            organizations::lock(tx, organization)
                .await?
                .ok_or(Error::NotFound)?;
            subscriptions::put(tx, &subscription).await?;
            staff_acts::insert(tx, &act).await?;
            Ok(A::from(subscription))
        })
    })
    .await
}
