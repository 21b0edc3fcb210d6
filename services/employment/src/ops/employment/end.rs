//! An employment ends, by an administrator or by the person: at once, or when a last day is over.

use muster_clock::TimeZones;
use muster_ids::{EmploymentName, PersonId};
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};

use super::asked::{self, Known};
use super::change::settle;
use super::{access, days, owner};
use crate::context::Context;
use crate::domain::{AskedEnd, Employment, EmploymentState, Side};
use crate::error::Error;
use crate::store::employment;

/// Which employment, why, and who ends it.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    pub(crate) employment: EmploymentName,
    pub(crate) said: Said,
    /// Whose employment it has to be, when the person ends it themself.
    pub(crate) own: Option<PersonId>,
    /// Who ends it.
    pub(crate) by: PersonId,
    /// The same person, as events name them: `person:<uuid>`.
    pub(crate) actor: String,
}

/// What somebody says of an end.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) reason: String,
    /// `None`: at once.
    pub(crate) last_day: Option<Date>,
    pub(crate) by: Side,
}

/// Asks whether the person owns the organization, or has access to it by this employment, and who licenses it.
///
/// # Errors
/// [`Error::OwnerMustTransfer`], [`Error::GivesAccess`], [`Failure::NotFound`]; of a peer.
pub(crate) async fn prepare(context: &Context, ending: &Ending) -> Result<Known, Error> {
    let found = owner::spare(context, ending.employment, ending.own).await?;
    access::spare(context, &found, ending.by).await?;
    Ok(Known {
        person: found.person,
        authority: asked::authority(context, ending.employment.organization).await?,
    })
}

/// Ends it, or settles its last day, and publishes that; one that has ended already is answered as it is, or with the last day that
/// was corrected.
///
/// # Errors
/// [`Failure::NotFound`], [`Error::State`], [`Error::LastDay`], [`Error::EndedByOther`]; [`Error::LastDayTaken`] where a corrected day is one
/// of another employment of the person there; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    ending: Ending,
    known: &Known,
) -> Result<Employment, Error> {
    let now = context.clock.now();
    let Ending {
        employment: name,
        said,
        own,
        by: _,
        actor,
    } = ending;
    employment::lock_claimant(tx, known.person).await?;
    let found = employment::lock(tx, name).await?;
    let found = found.filter(|found| own.is_none_or(|own| own == found.person));
    let found = found.ok_or(Failure::NotFound)?;
    let (has_ended, last_day) = (found.state == EmploymentState::Ended, last_day(&found));
    match found.end(said.end(&context.time_zones, &known.authority, now)) {
        Transition::Changed(corrected) if has_ended => {
            if self::last_day(&corrected) != last_day
                && let Some(taken) = days::taken(tx, context, &known.authority, &corrected).await?
            {
                return Err(Error::LastDayTaken(taken));
            }
            employment::correct_end(tx, &corrected).await?;
            Ok(corrected)
        }
        ended => settle(tx, context, ended, actor, now).await,
    }
}

fn last_day(employment: &Employment) -> Option<Date> {
    employment.end.as_ref().and_then(|end| end.last_day)
}

impl Said {
    /// At once, unless the last day is still to come, where the organization is.
    pub(super) fn end(self, zones: &TimeZones, authority: &str, now: OffsetDateTime) -> AskedEnd {
        let Self { reason, last_day, by } = self;
        let today = zones.today(authority, now);
        let to_come = last_day.filter(|last_day| *last_day > today);
        AskedEnd {
            reason,
            by,
            last_day,
            today,
            due: to_come.and_then(TimeZones::earliest_end),
            now,
        }
    }
}
