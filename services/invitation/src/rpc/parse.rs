//! From the contract to the domain: what the field rules of the contract cannot say. The shell tells the caller of broken
//! rules and of everything that is noted here at once.

use muster_refusal::Violations;
use muster_server::convert::from_timestamp;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use crate::domain::invitation::{SCHEDULE_AHEAD, SCHEDULE_BEHIND};

/// The values to filter by, or nothing and a violation of `field` for each that the contract does not know.
pub(super) fn filter<C, T>(violations: &mut Violations, field: &str, given: &[i32]) -> Option<Vec<T>>
where
    C: TryFrom<i32>,
    T: TryFrom<C>,
{
    let values = given.iter().enumerate().map(|(place, value)| {
        let known = C::try_from(*value).ok().and_then(|value| T::try_from(value).ok());
        let known = known.ok_or("must be one of the values of the contract");
        violations.check(format!("{field}[{place}]"), known)
    });
    let values: Vec<_> = values.collect();
    values.into_iter().collect()
}

/// When a mail is to go out, if a time is said.
pub(super) fn send_time(
    violations: &mut Violations,
    field: &str,
    at: Option<prost_types::Timestamp>,
    now: OffsetDateTime,
) -> Option<OffsetDateTime> {
    let at = violations.check(field, from_timestamp(at?))?;
    if at > now + SCHEDULE_AHEAD {
        violations.add(field, "must be at most 90 days ahead");
    } else if at < now - SCHEDULE_BEHIND {
        violations.add(field, past(now));
    }
    Some(at)
}

/// A mistyped year must not become "at once".
fn past(now: OffsetDateTime) -> String {
    let now = now.to_offset(UtcOffset::UTC).format(&Rfc3339).unwrap_or_default();
    format!(
        "must not be more than a minute in the past: it is {now} here; who wants it at once says so by another call, or no time"
    )
}
