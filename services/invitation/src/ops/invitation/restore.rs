//! Taking back that a learner left, or was turned down.

use muster_database::DatabaseError;
use muster_ids::{InvitationId, OrganizationId, PersonId};
use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::invitation::StateName;
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
pub(crate) async fn restore(tx: &mut PgConnection, restored: Restored) -> Result<(), DatabaseError> {
    let Restored {
        organization,
        person,
        since,
        end,
    } = restored;
    for invitation in lock_accepted_by(tx, organization, person, StateName::Archived).await? {
        match invitation.restore(since, end) {
            Transition::Changed(mut active) => {
                update(tx, &mut active).await?;
            }
            Transition::AlreadyDone(_) => {}
            Transition::Refused(never) => match never {},
        }
    }
    Ok(())
}

/// Makes an invitation active again that was archived when the claim that came from it was rejected, and the person has
/// corrected that claim by `time`. Stays archived where the address got a newer invitation meanwhile: that one counts.
///
/// # Errors
/// The database's.
pub(crate) async fn reopen(
    tx: &mut PgConnection,
    organization: OrganizationId,
    invitation: InvitationId,
    time: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let Some(found) = lock(tx, organization, invitation).await? else {
        return Ok(());
    };
    let Transition::Changed(mut active) = found.restore(None, time) else {
        return Ok(());
    };
    if lock_by_address(tx, organization, active.address.canonical())
        .await?
        .is_none()
    {
        update(tx, &mut active).await?;
    }
    Ok(())
}
