//! An employment ends, by an administrator or by the person: at once, or when a last day is over.

use muster_clock::TimeZones;
use muster_ids::{EmploymentName, PersonId};
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};

use super::change::settle;
use super::{access, owner};
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
pub(crate) async fn prepare(context: &Context, ending: &Ending) -> Result<String, Error> {
    let found = owner::spare(context, ending.employment, ending.own).await?;
    access::spare(context, &found, ending.by).await?;
    let site = context.peers.site(ending.employment.organization, None).await?;
    Ok(site.map(|site| site.authority).unwrap_or_default())
}

/// Ends it, or settles its last day, and publishes that; one that has ended already is answered as it is, or with the last day that
/// was corrected.
///
/// # Errors
/// [`Failure::NotFound`], [`Error::State`], [`Error::LastDay`], [`Error::EndedByOther`]; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    ending: Ending,
    authority: &str,
) -> Result<Employment, Error> {
    let now = context.clock.now();
    let Ending {
        employment: name,
        said,
        own,
        by: _,
        actor,
    } = ending;
    let found = employment::lock(tx, name).await?;
    let found = found.filter(|found| own.is_none_or(|own| own == found.person));
    let found = found.ok_or(Failure::NotFound)?;
    let has_ended = found.state == EmploymentState::Ended;
    match found.end(said.end(&context.time_zones, authority, now)) {
        Transition::Changed(corrected) if has_ended => {
            employment::correct_end(tx, &corrected).await?;
            Ok(corrected)
        }
        ended => settle(tx, context, ended, actor, now).await,
    }
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
