//! The clocks of others, beside this machine's.

use std::ops::RangeInclusive;
use std::time::Duration;

use http::header::DATE;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tonic::metadata::MetadataMap;

use super::finding::Finding;
use super::finding::Verdict::{self, Fine, Odd, Wrong};

/// What the tokens of the edge are forgiven, which is the least of all.
const FORGIVEN: Duration = Duration::from_secs(10);
/// Clocks that are kept in step differ by far less.
const EXPECTED: Duration = Duration::from_secs(2);
/// An answer says the second in which it was made; the one who says it looks at the clock once a second.
const ROUNDED: Duration = Duration::from_secs(2);

/// What the clock of `service` is beside this machine's: it gave this answer at some moment of `ours`, by this machine's. `None`: the
/// answer does not say when it was made.
#[must_use]
pub fn peer_clock(
    service: &str,
    answer: &MetadataMap,
    ours: &RangeInclusive<OffsetDateTime>,
) -> Option<Finding> {
    let theirs = told(answer)?;
    Some(Finding::new(
        format!("clock of {service}"),
        verdict(&theirs, ours),
    ))
}

/// When an answer was made, by the clock of who made it. None: it does not say.
fn told(answer: &MetadataMap) -> Option<RangeInclusive<OffsetDateTime>> {
    let date = answer.get(DATE.as_str())?.to_str().ok()?;
    let date = OffsetDateTime::parse(date, &Rfc2822).ok()?;
    Some(date..=date + ROUNDED)
}

/// Of a moment that was somewhere in `theirs` by another clock and in `ours` by this machine's.
pub(super) fn verdict(
    theirs: &RangeInclusive<OffsetDateTime>,
    ours: &RangeInclusive<OffsetDateTime>,
) -> Verdict {
    let off = (*ours.start() - *theirs.end()).max(*theirs.start() - *ours.end());
    let off = Duration::try_from(off).unwrap_or_default();
    let mend = "keep the clocks of all machines in step (chrony, or what the cloud offers)".to_owned();
    let how = format!("differs from this machine's by {:.1} s", off.as_secs_f64());
    if off > FORGIVEN {
        Wrong(format!("{how}: tokens are refused"), mend)
    } else if off > EXPECTED {
        Odd(how, mend)
    } else {
        Fine("is this machine's".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn what_a_peer_tells_is_found_by_its_name() {
        let mut answer = MetadataMap::new();
        let now = datetime!(2026-03-01 12:02:02 UTC);
        assert_eq!(peer_clock("records", &answer, &(now..=now)), None);
        answer.insert("date", "Sun, 01 Mar 2026 12:00:00 GMT".parse().unwrap());
        let found = peer_clock("records", &answer, &(now..=now)).unwrap();
        assert_eq!((found.what(), found.is_wrong()), ("clock of records", true));
        let now = datetime!(2026-03-01 12:00:01 UTC);
        let found = peer_clock("records", &answer, &(now..=now)).unwrap();
        assert_eq!(found.problem(), None);
    }

    #[test]
    fn an_answer_tells_the_clock_of_who_made_it() {
        let mut answer = MetadataMap::new();
        assert_eq!(told(&answer), None);
        answer.insert("date", "Sun, 01 Mar 2026 12:00:00 GMT".parse().unwrap());
        let theirs = told(&answer).unwrap();
        assert_eq!(*theirs.start(), datetime!(2026-03-01 12:00 UTC));
        let at = |now: OffsetDateTime| verdict(&theirs, &(now..=now));
        assert!(matches!(at(datetime!(2026-03-01 12:00:03 UTC)), Fine(_)));
        assert!(matches!(at(datetime!(2026-03-01 11:59:55 UTC)), Odd(..)));
        let off = at(datetime!(2026-03-01 12:02:02 UTC));
        assert!(
            matches!(&off, Wrong(how, _) if how == "differs from this machine's by 120.0 s: tokens are refused"),
            "{off:?}"
        );
    }
}
