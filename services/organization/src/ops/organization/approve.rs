//! Registry staff approve a profile.

use muster_ids::OrganizationId;
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{Organization, StaffAct, StaffAction};
use crate::error::Error;
use crate::events;
use crate::store::{organization, staff_act};

/// Why, and who says so.
pub(crate) struct Approval {
    pub(crate) organization: OrganizationId,
    /// `person:<uuid>`.
    pub(crate) actor: String,
    pub(crate) reason: String,
}

/// Approves a submitted profile, and publishes it: its owner becomes the director.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    approval: Approval,
) -> Result<Organization, Error> {
    let now = context.clock.now();
    let submitted = organization::lock(tx, approval.organization).await?;
    match submitted.ok_or(Failure::NotFound)?.approve(now) {
        Transition::Changed(approved) => {
            let act = StaffAct {
                organization: approval.organization,
                id: context.clock.new_uuid(),
                action: StaffAction::ApproveOrganization,
                actor: approval.actor,
                reason: approval.reason,
                time: now,
            };
            organization::update(tx, &approved).await?;
            staff_act::insert(tx, &act).await?;
            events::organization_approved(tx, context.clock.new_id(), &approved, act).await?;
            Ok(approved)
        }
        Transition::AlreadyDone(approved) => Ok(approved),
        Transition::Refused(state) => Err(Error::OrganizationState(state)),
    }
}
