//! An administrator ends many employments.

use muster_ids::{EmploymentName, OrganizationId, PersonId};
use muster_states::Transition;
use sqlx::PgConnection;

use super::batch::{self, Outcomes};
use crate::context::Context;
use crate::domain::End;
use crate::error::Error;
use crate::events::Act;

/// Which employments, why, and who ends them.
#[derive(Debug, Clone)]
pub(crate) struct Endings {
    pub(crate) organization: OrganizationId,
    pub(crate) employments: Vec<EmploymentName>,
    pub(crate) reason: String,
    /// `person:<uuid>`.
    pub(crate) actor: String,
}

/// Asks who owns the organization: `None` before it is approved, when nobody but the owner has an employment there.
pub(crate) async fn prepare(context: &Context, batch: &Endings) -> Result<Option<PersonId>, Error> {
    context.peers.owner(batch.organization).await
}

/// Ends each that can be, and publishes that. Not the `owner`'s.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    batch: &Endings,
    owner: Option<PersonId>,
) -> Result<Outcomes, Error> {
    let time = context.clock.now();
    let actor = batch.actor.clone();
    let (organization, names) = (batch.organization, &batch.employments);
    let act = Act { actor, time };
    batch::settle(tx, context, organization, names, act, |found| {
        if owner.is_none_or(|owner| owner == found.person) {
            return Transition::Refused(Error::OwnerMustTransfer);
        }
        let reason = batch.reason.clone();
        found.end(End { time, reason }).refused_as(Error::from)
    })
    .await
}
