//! No two employments of a person at an organization cover the same day.

use sqlx::PgConnection;
use time::Date;

use crate::context::Context;
use crate::domain::{Days, Employment};
use crate::error::{Error, Field};
use crate::store::employment;

/// The days of another employment of the person there, of which some are days of this one, as it is to be. Whoever says days waits for
/// whoever else does of the same person: `employment::lock_claimant` was taken.
///
/// # Errors
/// The database's.
pub(super) async fn taken(
    tx: &mut PgConnection,
    context: &Context,
    authority: &str,
    said: &Employment,
) -> Result<Option<Days>, Error> {
    let begins = |day: Date| context.time_zones.end_of(authority, day.previous_day()?);
    if said.days(begins).is_none() {
        return Ok(None);
    }
    let others = employment::list_others(tx, said).await?;
    Ok(said.taken(&others, begins))
}

/// Refuses what comes to be open and would cover such days.
///
/// # Errors
/// [`Error::DaysTaken`]; the database's.
pub(super) async fn refuse(
    tx: &mut PgConnection,
    context: &Context,
    authority: &str,
    open: &Employment,
) -> Result<(), Error> {
    match taken(tx, context, authority, open).await? {
        Some(days) => Err(Error::DaysTaken(days)),
        None => Ok(()),
    }
}

/// Where its first day is said, which these days do not leave room for: the start, or where there is none each position that begins
/// too early. `within`: the field of the employment.
pub(super) fn fields(within: &str, said: &Employment, taken: Days) -> Vec<Field> {
    let last = taken.last.unwrap_or(taken.first);
    let next = last.next_day().unwrap_or(last);
    let problem = format!(
        "must be after {last}, the last day of another employment of the person there: {next} or later"
    );
    if said.start.is_some() {
        return vec![Field::of(format!("{within}.start_date"), problem)];
    }
    let positions = said.positions.iter().enumerate();
    let early = positions.filter(|(_, position)| position.start <= last);
    early
        .map(|(place, _)| {
            Field::of(
                format!("{within}.positions[{place}].start_date"),
                problem.as_str(),
            )
        })
        .collect()
}
