//! An administrator confirms that many people work here.

use muster_ids::{EmploymentName, OrganizationId, PersonId};
use sqlx::PgConnection;

use super::batch::{self, Outcomes};
use crate::context::Context;
use crate::error::Error;
use crate::events::Act;

/// Which employments, and who confirms them.
#[derive(Debug, Clone)]
pub(crate) struct Verifications {
    pub(crate) organization: OrganizationId,
    pub(crate) employments: Vec<EmploymentName>,
    pub(crate) by: PersonId,
    /// The same person, as events name them.
    pub(crate) actor: String,
}

/// Verifies each that can be, and publishes that.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    batch: &Verifications,
) -> Result<Outcomes, Error> {
    let time = context.clock.now();
    let actor = batch.actor.clone();
    let (organization, names) = (batch.organization, &batch.employments);
    let act = Act { actor, time };
    batch::settle(tx, context, organization, names, act, |found| {
        found.verify(batch.by, time).refused_as(Error::from)
    })
    .await
}
