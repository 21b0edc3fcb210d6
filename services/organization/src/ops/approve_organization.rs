//! Registry staff approve a profile.

use muster_database::idempotency::{self, Key};
use muster_ids::{EventId, OrganizationId};

use super::{Answer, Desk};
use crate::domain::{Deed, Organization, StaffAct, Transition};
use crate::error::Error;
use crate::events;
use crate::store::{organizations, staff_acts};

/// Approves a submitted profile, and says so: its owner becomes the director.
pub(crate) async fn approve_organization<A: Answer<Organization>>(
    desk: &Desk,
    key: Key,
    id: OrganizationId,
    reason: String,
) -> Result<A, Error> {
    let act = StaffAct {
        organization: id,
        id: desk.clock.new_uuid(),
        deed: Deed::ApproveOrganization,
        actor: key.caller.clone(),
        reason,
        time: desk.clock.now(),
    };
    let event = EventId::from_uuid(desk.clock.new_uuid());
    idempotency::run(&desk.database, key, act.time, move |tx| {
        Box::pin(async move {
            let organization = organizations::lock(tx, id).await?.ok_or(Error::NotFound)?;
            match organization.approve(act.time) {
                Transition::Changed { from, to } => {
                    organizations::change_state(tx, from, &to).await?;
                    staff_acts::insert(tx, &act).await?;
                    events::organization_approved(tx, event, &to, act).await?;
                    Ok(A::from(to))
                }
                Transition::AlreadyDone(organization) => Ok(A::from(organization)),
                Transition::Refused(state) => Err(Error::OrganizationState(state)),
            }
        })
    })
    .await
}
