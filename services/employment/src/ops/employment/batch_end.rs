//! An administrator ends many employments.

use std::collections::BTreeSet;

use muster_ids::{EmploymentName, OrganizationId, PersonId};
use muster_states::Transition;
use sqlx::PgConnection;

use super::batch::{self, Outcomes};
use super::end::Said;
use crate::context::Context;
use crate::domain::{Employment, EmploymentState};
use crate::error::Error;
use crate::events::Act;

/// Which employments, why, and who ends them.
#[derive(Debug, Clone)]
pub(crate) struct Endings {
    pub(crate) organization: OrganizationId,
    pub(crate) employments: Vec<EmploymentName>,
    pub(crate) said: Said,
    /// Who ends them.
    pub(crate) by: PersonId,
    /// The same person, as events name them: `person:<uuid>`.
    pub(crate) actor: String,
}

/// What is to be known of the organization.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    /// `None` before it is approved, when nobody but the owner has an employment there.
    owner: Option<PersonId>,
    /// Who has access by their employment, which the caller does not take.
    spared: BTreeSet<PersonId>,
    authority: String,
}

/// Asks who owns the organization, who has access to it by their employment, and who licenses it.
pub(crate) async fn prepare(context: &Context, batch: &Endings) -> Result<Prepared, Error> {
    let site = context.peers.site(batch.organization, None).await?;
    let owner = context.peers.owner(batch.organization).await?;
    let mut spared = BTreeSet::new();
    if owner != Some(batch.by) {
        spared = context.peers.employed_profile_users(batch.organization).await?;
        spared.remove(&batch.by);
    }
    Ok(Prepared {
        owner,
        spared,
        authority: site.map(|site| site.authority).unwrap_or_default(),
    })
}

/// Ends each that can be, or settles its last day, and publishes that. Not the owner's, nor one that gives access which the caller does
/// not take.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    batch: &Endings,
    prepared: Prepared,
) -> Result<Outcomes, Error> {
    let time = context.clock.now();
    let actor = batch.actor.clone();
    let (organization, names) = (batch.organization, &batch.employments);
    let Prepared {
        owner,
        spared,
        authority,
    } = prepared;
    let end = batch.said.clone().end(&context.time_zones, &authority, time);
    let act = Act { actor, time };
    batch::settle(tx, context, organization, names, act, |found| {
        if owner.is_none_or(|owner| owner == found.person) {
            return Transition::Refused(Error::OwnerMustTransfer(organization));
        }
        if found.state.is_open() && spared.contains(&found.person) {
            return Transition::Refused(Error::GivesAccess);
        }
        let before = found.clone();
        match found.end(end.clone()) {
            // Which last day is the right one, and why, is said of each by itself.
            Transition::Changed(corrected) if before.state == EmploymentState::Ended => {
                let last_day = |one: &Employment| one.end.as_ref().and_then(|end| end.last_day);
                if last_day(&corrected) == last_day(&before) {
                    Transition::AlreadyDone(before)
                } else {
                    Transition::Refused(Error::State(before.state))
                }
            }
            ended => ended.refused_as(Error::from),
        }
    })
    .await
}
