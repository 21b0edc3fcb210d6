//! Until when a grant is given: the last day, as a form says it.

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

/// The end of a day in UTC, which is what the page says; nothing of no day.
pub(super) fn end_of(typed: &str) -> Result<Option<Timestamp>, NoDay> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let day = Date::parse(typed, FORM).map_err(|_| NoDay)?;
    let next = day.next_day().ok_or(NoDay)?;
    Ok(Some(Timestamp {
        seconds: next.midnight().assume_utc().unix_timestamp(),
        nanos: 0,
    }))
}

/// The first and the last day that can be chosen now, as forms say them; empty for a time that is none.
pub(super) fn days(now: i64) -> (String, String) {
    let today = OffsetDateTime::from_unix_timestamp(now)
        .map(OffsetDateTime::date)
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
        let end = end_of(" 2026-03-03 ").unwrap().unwrap();
        assert_eq!((end.seconds, end.nanos), (1_772_582_400, 0));
        assert_eq!(end_of(""), Ok(None));
        assert_eq!(end_of("  "), Ok(None));
        for typed in [
            "2026-02-30",
            "3.3.2026",
            "2026-3-3",
            "tomorrow",
            "9999-12-31",
            "2026-03-03T00:00",
        ] {
            assert_eq!(end_of(typed), Err(NoDay), "{typed}");
        }
    }

    #[test]
    fn ten_years_can_be_chosen_and_no_more_than_the_contract_takes() {
        let (first, last) = days(1_772_528_700);
        assert_eq!((first.as_str(), last.as_str()), ("2026-03-03", "2036-02-29"));
        assert_eq!(days(i64::MAX), (String::new(), String::new()));
    }
}
