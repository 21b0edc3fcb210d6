//! Taking back that a learner left, or was turned down.
//!
//! What was archived stays so where the address got a newer invitation meanwhile that can be accepted: that one counts, and whoever
//! does brings its groups to the employment that is open again.

use muster_database::DatabaseError;
use muster_ids::{InvitationId, OrganizationId, PersonId};
use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::invitation::{Invitation, StateName};
use crate::store::invitation::{lock, lock_accepted_by, lock_by_address, update};

/// Whose employment is open again, and what had been accepted for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Restored {
    pub(crate) organization: OrganizationId,
    pub(crate) person: PersonId,
    /// What was accepted by then belongs to an employment before; `None`: there was none.
    pub(crate) since: Option<OffsetDateTime>,
    /// The end that was taken back.
    pub(crate) end: OffsetDateTime,
}

/// Makes active again what was archived with the end.
///
/// # Errors
/// The database's.
pub(crate) async fn restore(
    tx: &mut PgConnection,
    restored: Restored,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let Restored {
        organization,
        person,
        since,
        end,
    } = restored;
    for invitation in lock_accepted_by(tx, organization, person, StateName::Archived).await? {
        match invitation.restore(since, end) {
            Transition::Changed(active) => activate(tx, active, now).await?,
            Transition::AlreadyDone(_) => {}
            Transition::Refused(never) => match never {},
        }
    }
    Ok(())
}

/// Makes an invitation active again that was archived when the claim that came from it was rejected, and the person has
/// corrected that claim by `time`.
///
/// # Errors
/// The database's.
pub(crate) async fn reopen(
    tx: &mut PgConnection,
    organization: OrganizationId,
    invitation: InvitationId,
    time: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let Some(found) = lock(tx, organization, invitation).await? else {
        return Ok(());
    };
    match found.restore(None, time) {
        Transition::Changed(active) => activate(tx, active, now).await,
        Transition::AlreadyDone(_) => Ok(()),
        Transition::Refused(never) => match never {},
    }
}

async fn activate(
    tx: &mut PgConnection,
    mut active: Invitation,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let newer = lock_by_address(tx, active.organization, active.address.canonical()).await?;
    match newer.map(|newer| newer.expire(now)) {
        None | Some(Transition::AlreadyDone(_)) => {}
        // Nobody can accept it any more: it makes room.
        Some(Transition::Changed(mut expired)) => {
            update(tx, &mut expired).await?;
        }
        Some(Transition::Refused(_)) => return Ok(()),
    }
    update(tx, &mut active).await?;
    Ok(())
}
