//! Progress moves from what a person took by themself to what an organization assigned.

use muster_ids::{PersonAssignmentName, PersonId};
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{Assignment, Moved, NotMoved, ProgressTransfer};
use crate::error::Error;
use crate::store::{assignment, progress_transfer};

/// From where to where, and who moves it.
#[derive(Debug, Clone)]
pub(crate) struct Moving {
    pub(crate) from: PersonAssignmentName,
    pub(crate) to: PersonAssignmentName,
    /// The person themself, or a registry staff member.
    pub(crate) actor: PersonId,
    /// Why registry staff does; `None`: the person does.
    pub(crate) reason: Option<String>,
}

/// Moves it, writes that down with what was there before, and answers the assignment that has it now. All of it or nothing: both are
/// locked, and reports on either wait.
///
/// # Errors
/// [`Error::OwnProgress`]; [`Failure::NotFound`]; those of [`NotMoved`]; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    moving: Moving,
) -> Result<Assignment, Error> {
    let Moving {
        from,
        to,
        actor,
        reason,
    } = moving;
    if reason.is_some() && [from.person, to.person].contains(&actor) {
        return Err(Error::OwnProgress);
    }
    let (own, organizations) = assignment::lock_two(tx, from, to).await?;
    let own = own.ok_or(Failure::NotFound)?;
    let organizations = organizations.ok_or(Failure::NotFound)?;
    let (percent, to_percent) = (own.state.percent(), organizations.state.percent());
    let (organization, training, time) = (organizations.organization, own.training, context.clock.now());
    match own.move_to(organizations, time) {
        Transition::Changed(moved) => {
            let organization = organization.ok_or(Error::NotMoved(NotMoved::NotOwn(to)))?;
            assignment::move_progress(tx, &moved).await?;
            let transfer = ProgressTransfer {
                from,
                to,
                organization,
                training,
                percent,
                to_percent,
                actor,
                reason,
                time,
            };
            progress_transfer::insert(tx, &transfer).await?;
            Ok(moved.to)
        }
        Transition::AlreadyDone(Moved { to, .. }) => Ok(to),
        Transition::Refused(why) => Err(Error::NotMoved(why)),
    }
}
