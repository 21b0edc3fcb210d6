//! Courses of the shared catalog.

use muster_ids::{PersonId, TrainingId};
use time::{Date, Month, OffsetDateTime};

/// A course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Training {
    pub(crate) id: TrainingId,
    /// A short code, unique without regard to case.
    pub(crate) code: String,
    /// The exact name.
    pub(crate) display_name: String,
    /// What it is about; may be empty.
    pub(crate) description: String,
    pub(crate) worth: Worth,
    pub(crate) create_time: OffsetDateTime,
    /// Why it was put into the catalog; empty where nobody was asked.
    pub(crate) create_reason: String,
}

/// What a course counts for, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Worth {
    /// Minutes, where hours are counted.
    pub(crate) duration_minutes: i32,
    /// For how many months a certificate is valid; `None`: for ever.
    pub(crate) validity_months: Option<i32>,
}

impl Worth {
    /// When a certificate that is issued now expires: on the same day of a later month at the same time, or on the last day of a
    /// month that is shorter. `None`: never.
    pub(crate) fn expire_time(self, issue_time: OffsetDateTime) -> Option<OffsetDateTime> {
        let issued = issue_time.to_offset(time::UtcOffset::UTC);
        let since = issued.year() * 12 + i32::from(u8::from(issued.month())) - 1 + self.validity_months?;
        let (year, month) = (since.div_euclid(12), since.rem_euclid(12) + 1);
        let month = u8::try_from(month)
            .ok()
            .and_then(|month| Month::try_from(month).ok())?;
        let day = issued.day().min(month.length(year));
        let date = Date::from_calendar_date(year, month, day).ok()?;
        Some(issued.replace_date(date))
    }
}

/// A course to be put into the catalog; its texts keep the rules that stand in the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewTraining {
    /// A short code.
    pub(crate) code: String,
    /// The exact name.
    pub(crate) display_name: String,
    /// What it is about.
    pub(crate) description: String,
    pub(crate) worth: Worth,
    /// The member of the registry's staff who puts it there.
    pub(crate) creator: PersonId,
    /// Why, as they state it.
    pub(crate) reason: String,
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn expires(issued: OffsetDateTime, months: i32) -> Option<OffsetDateTime> {
        let worth = Worth {
            duration_minutes: 60,
            validity_months: Some(months),
        };
        worth.expire_time(issued)
    }

    #[test]
    fn months_are_those_of_the_calendar_and_a_short_one_ends_earlier() {
        for (issued, months, expected) in [
            (
                datetime!(2026-03-01 12:00 UTC),
                12,
                datetime!(2027-03-01 12:00 UTC),
            ),
            (
                datetime!(2026-01-31 00:00 UTC),
                1,
                datetime!(2026-02-28 00:00 UTC),
            ),
            (
                datetime!(2024-02-29 23:59 UTC),
                12,
                datetime!(2025-02-28 23:59 UTC),
            ),
            (
                datetime!(2024-02-29 23:59 UTC),
                48,
                datetime!(2028-02-29 23:59 UTC),
            ),
            (
                datetime!(2026-12-15 08:00 UTC),
                600,
                datetime!(2076-12-15 08:00 UTC),
            ),
        ] {
            assert_eq!(
                expires(issued, months),
                Some(expected),
                "{issued} and {months} months"
            );
        }
        assert_eq!(
            Worth::default().expire_time(datetime!(2026-03-01 12:00 UTC)),
            None
        );
    }
}
