//! Until when a grant is given: the last day, as a form says it.

use muster_clock::Zone;
use prost_types::Timestamp;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime};

const FORM: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
/// The contract's bound is ten years ahead.
const LONGEST: Duration = Duration::days(3650);

/// What was typed is no day.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoDay;

/// The end of a day in a zone, which is what the page says; nothing of no day.
pub(super) fn end_of(typed: &str, zone: &Zone) -> Result<Option<Timestamp>, NoDay> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let day = Date::parse(typed, FORM).map_err(|_| NoDay)?;
    let end = zone.end_of(day).ok_or(NoDay)?;
    Ok(Some(Timestamp {
        seconds: end.unix_timestamp(),
        nanos: 0,
    }))
}

/// The first and the last day that can be chosen now in a zone, as forms say them; empty for a time that is none.
pub(super) fn days(now: i64, zone: &Zone) -> (String, String) {
    let today = OffsetDateTime::from_unix_timestamp(now)
        .map(|now| zone.day(now))
        .ok();
    let said = |day: Option<Date>| day.and_then(|day| day.format(FORM).ok()).unwrap_or_default();
    let last = today.and_then(|today| today.checked_add(LONGEST));
    (said(today), said(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_over_when_the_next_one_begins() {
        let end = end_of(" 2026-03-03 ", &Zone::UTC).unwrap().unwrap();
        assert_eq!((end.seconds, end.nanos), (1_772_582_400, 0));
        assert_eq!(end_of("", &Zone::UTC), Ok(None));
        assert_eq!(end_of("  ", &Zone::UTC), Ok(None));
        for typed in [
            "2026-02-30",
            "3.3.2026",
            "2026-3-3",
            "tomorrow",
            "9999-12-31",
            "2026-03-03T00:00",
        ] {
            assert_eq!(end_of(typed, &Zone::UTC), Err(NoDay), "{typed}");
        }
    }

    #[test]
    fn a_day_is_over_where_the_page_says() {
        let detroit = Zone::named("America/Detroit");
        for (typed, hours) in [
            ("2026-03-03", 5),
            // The day on which the clocks go forward, and that on which they go back.
            ("2026-03-08", 4),
            ("2026-11-01", 5),
        ] {
            let (there, utc) = (end_of(typed, &detroit), end_of(typed, &Zone::UTC));
            let seconds = |end: Result<Option<Timestamp>, NoDay>| end.unwrap().unwrap().seconds;
            assert_eq!(seconds(there) - seconds(utc), hours * 3_600, "{typed}");
        }
    }

    #[test]
    fn ten_years_can_be_chosen_and_no_more_than_the_contract_takes() {
        let (first, last) = days(1_772_528_700, &Zone::UTC);
        assert_eq!((first.as_str(), last.as_str()), ("2026-03-03", "2036-02-29"));
        // Four in the morning in London is the evening before in Detroit.
        let (first, last) = days(1_772_510_400, &Zone::named("America/Detroit"));
        assert_eq!((first.as_str(), last.as_str()), ("2026-03-02", "2036-02-28"));
        assert_eq!(days(i64::MAX, &Zone::UTC), (String::new(), String::new()));
    }
}
