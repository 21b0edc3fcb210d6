//! An end is taken back by the side that ended it.

use muster_ids::{EmploymentName, PersonId};
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use super::own;
use crate::context::Context;
use crate::domain::{Employment, EmploymentState, Side};
use crate::error::Error;
use crate::events::{self, Act};
use crate::ops::closing;
use crate::store::employment;

/// Which employment, and who takes its end back.
#[derive(Debug, Clone)]
pub(crate) struct Undoing {
    pub(crate) employment: EmploymentName,
    pub(crate) by: Side,
    /// Whose employment it has to be, when the person takes it back themself.
    pub(crate) own: Option<PersonId>,
    /// `person:<uuid>`.
    pub(crate) actor: String,
}

/// Takes it back, and publishes that; of what has no end, there is nothing to take back.
///
/// # Errors
/// [`Failure::NotFound`], [`Error::OrganizationClosed`], [`Error::State`], [`Error::EndedByOther`], [`Error::UndoTooLate`];
/// [`Error::Superseded`] when the person has a newer employment there; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    undoing: Undoing,
) -> Result<Employment, Error> {
    let Undoing {
        employment: name,
        by,
        own,
        actor,
    } = undoing;
    let is_open = closing::refuse(tx, name.organization).await;
    let found = employment::lock(tx, name).await?;
    let found = found.filter(|found| own.is_none_or(|own| own == found.person));
    let found = found.ok_or(Failure::NotFound)?;
    is_open?;
    let (time, ended) = (context.clock.now(), found.end.as_ref().and_then(|end| end.time()));
    let restored = match found.undo_end(by, time) {
        Transition::Changed(restored) => restored,
        Transition::AlreadyDone(same) => return Ok(same),
        Transition::Refused(why) => return Err(why.into()),
    };
    let from: &[EmploymentState] = match ended {
        Some(_) => &[EmploymentState::Ended],
        None => &EmploymentState::OPEN,
    };
    let stored = employment::update_from(tx, from, &restored, time).await;
    stored.map_err(|error| Error::from(error).of_second_open())?;
    own::is_latest(tx, &restored).await?;
    let act = Act { actor, time };
    match ended {
        Some(end) => {
            let former_end = employment::former_end(tx, &restored).await?;
            events::publish_restored(tx, &context.clock, &restored, act, end, former_end).await?;
        }
        None => events::publish(tx, &context.clock, std::slice::from_ref(&restored), act).await?,
    }
    Ok(restored)
}
