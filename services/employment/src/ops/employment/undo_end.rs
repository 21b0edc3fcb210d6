//! An end is taken back by the side that ended it.

use muster_clock::TimeZones;
use muster_ids::{EmploymentName, PersonId};
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;
use time::Date;

use super::asked::{self, Known};
use super::change::store_open;
use super::days;
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

/// Asks who licenses the organization: by its calendar a last day that had been settled before stands again unless it is over.
///
/// # Errors
/// [`Failure::NotFound`]; of a peer.
pub(crate) async fn prepare(context: &Context, undoing: &Undoing) -> Result<Known, Error> {
    let EmploymentName {
        organization,
        employment: id,
    } = undoing.employment;
    let find = async |db: &mut _| employment::find(db, organization, id).await;
    let found = context.database.read(find).await?;
    let found = found.filter(|found| undoing.own.is_none_or(|own| own == found.person));
    Ok(Known {
        person: found.ok_or(Failure::NotFound)?.person,
        authority: asked::authority(context, organization).await?,
    })
}

/// Takes it back, and publishes that; of what has no end, there is nothing to take back. `known`: as [`prepare`] found it.
///
/// # Errors
/// [`Failure::NotFound`], [`Error::OrganizationClosed`], [`Error::State`], [`Error::EndedByOther`], [`Error::UndoTooLate`];
/// [`Error::Superseded`] while another employment of the person is open there, [`Error::DaysTaken`] where one that has ended since covers
/// days that this one would; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    undoing: Undoing,
    known: &Known,
) -> Result<Employment, Error> {
    let Undoing {
        employment: name,
        by,
        own,
        actor,
    } = undoing;
    employment::lock_claimant(tx, known.person).await?;
    let is_open = closing::refuse(tx, name.organization).await;
    let found = employment::lock(tx, name).await?;
    let found = found.filter(|found| own.is_none_or(|own| own == found.person));
    let found = found.ok_or(Failure::NotFound)?;
    is_open?;
    let (time, ended) = (context.clock.now(), found.end.as_ref().and_then(|end| end.time()));
    let (zones, authority) = (&context.time_zones, &known.authority);
    let is_to_come = |last_day: &Date| zones.end_of(authority, *last_day).is_none_or(|over| over > time);
    let due = |last_day| {
        Some(last_day)
            .filter(is_to_come)
            .and_then(TimeZones::earliest_end)
    };
    let restored = match found.undo_end(by, time, due) {
        Transition::Changed(restored) => restored,
        Transition::AlreadyDone(same) => return Ok(same),
        Transition::Refused(why) => return Err(why.into()),
    };
    let from: &[EmploymentState] = match ended {
        Some(_) => &[EmploymentState::Ended],
        None => &EmploymentState::OPEN,
    };
    let restored = store_open(tx, from, restored, time).await?;
    if ended.is_some() {
        days::refuse(tx, context, authority, &restored).await?;
    }
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
