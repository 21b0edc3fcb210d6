//! Registry staff approve a profile.

use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use super::decide::Decision;
use super::license;
use crate::context::Context;
use crate::domain::{Organization, Review, StaffAction};
use crate::error::Error;
use crate::events;
use crate::ops::require_not_own;
use crate::store::organization::{self, LICENSE_TAKEN};
use crate::store::{license_number, registry, review, staff_act};

/// Approves a submitted profile, and publishes it: its owner becomes the director. Others that wait with its license number
/// are given back.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    decision: Decision,
) -> Result<Organization, Error> {
    let now = context.clock.now();
    let submitted = license::lock(tx, decision.organization).await?;
    require_not_own(tx, &submitted, decision.by).await?;
    if submitted.state.waits_or_waited() {
        // Also of one that was given back a moment ago, because somebody else approved its rival.
        license::require_free(tx, &submitted).await?;
    }
    match submitted.approve(now) {
        Transition::Changed(mut approved) => {
            approved.decision_reason.clone_from(&decision.reason);
            let act = decision.act(context, StaffAction::ApproveOrganization);
            staff_act::insert(tx, &act).await?;
            let stored = organization::update(tx, &approved).await;
            // Whoever holds the number by now was not there a moment ago.
            stored.map_err(|error| Error::taken(error, LICENSE_TAKEN, Failure::Contended.into()))?;
            if let Some(license) = approved.licensing.license() {
                license_number::begin(tx, approved.id, license, now).await?;
            }
            license::return_rivals(tx, &context.clock, &approved, &act).await?;
            let period = context.review_periods.of(&approved);
            let review = Review::begin(approved.id, context.clock.new_id(), now, period);
            review::insert(tx, &review).await?;
            review::keep_approved(tx, &approved).await?;
            registry::learn_words(tx, &[approved.found_by()]).await?;
            events::organization_approved(tx, context.clock.new_id(), &approved, act).await?;
            Ok(approved)
        }
        Transition::AlreadyDone(approved) => Ok(approved),
        Transition::Refused(state) => Err(Error::OrganizationState(state)),
    }
}
