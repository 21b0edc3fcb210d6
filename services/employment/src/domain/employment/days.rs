//! Which days the employments of a person at an organization cover: no two the same one.

use time::{Date, OffsetDateTime};

use super::{Employment, EmploymentState};

/// Days from the first one until the last one, which is one of them; without a last one, for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Days {
    pub(crate) first: Date,
    pub(crate) last: Option<Date>,
}

impl Days {
    /// Whether some day is one of both.
    pub(crate) fn overlap(self, other: Self) -> bool {
        self.reach(other.first) && other.reach(self.first)
    }

    /// Whether they are not over before that day.
    fn reach(self, day: Date) -> bool {
        self.last.is_none_or(|last| day <= last)
    }
}

impl Employment {
    /// The days that it covers, as far as they are said: for ever while it is open, for a last day that is settled can be taken back;
    /// of one that has ended without a first day, the last one. `None` of what says none, of what never began, and of a claim that
    /// came to nothing. `begins`: when a day begins where the organization is.
    pub(crate) fn days(&self, begins: impl Fn(Date) -> Option<OffsetDateTime>) -> Option<Days> {
        match self.state {
            EmploymentState::PendingVerification | EmploymentState::Verified => Some(Days {
                first: self.first_day()?,
                last: None,
            }),
            EmploymentState::Ended => {
                let end = self.end.as_ref()?;
                let last = end.last_day?;
                let first = self.first_day().unwrap_or(last);
                // Its last day is its first, and it was over before that.
                let never_began = first == last && end.time() < begins(first);
                (!never_began).then_some(Days {
                    first,
                    last: Some(last),
                })
            }
            EmploymentState::Rejected | EmploymentState::Withdrawn => None,
        }
    }

    /// The days of one of the person's other employments there that have a day in common with this one's; of several, those that last
    /// longest. Of two that are open it is not asked: there are none.
    pub(crate) fn taken(
        &self,
        others: &[Self],
        begins: impl Fn(Date) -> Option<OffsetDateTime>,
    ) -> Option<Days> {
        let own = self.days(&begins)?;
        let others = others
            .iter()
            .filter(|other| !(self.state.is_open() && other.state.is_open()));
        let taken = others
            .filter_map(|other| other.days(&begins))
            .filter(|days| own.overlap(*days));
        taken.max_by_key(|days| (days.last.is_none(), days.last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u8) -> Date {
        Date::from_calendar_date(2026, time::Month::September, number).unwrap()
    }

    /// 0: without a last day.
    fn days((first, last): (u8, u8)) -> Days {
        Days {
            first: day(first),
            last: (last > 0).then(|| day(last)),
        }
    }

    /// The thirteen ways in which two spans lie to each other, each of them from both sides; and those without an end.
    #[test]
    fn two_spans_overlap_where_they_have_a_day_in_common_whichever_is_asked() {
        for (one, other, expected) in [
            // Before, and meeting: one ends on the day before the other begins.
            ((1, 3), (5, 9), false),
            ((1, 4), (5, 9), false),
            // Overlapping, by a day and by two.
            ((1, 5), (5, 9), true),
            ((1, 6), (5, 9), true),
            // Starting, during, finishing, equal.
            ((5, 6), (5, 9), true),
            ((6, 7), (5, 9), true),
            ((7, 9), (5, 9), true),
            ((5, 9), (5, 9), true),
            // A single day, before, on and after.
            ((4, 4), (5, 9), false),
            ((5, 5), (5, 9), true),
            ((9, 9), (5, 9), true),
            ((10, 10), (5, 9), false),
            ((5, 5), (5, 5), true),
            // Without an end.
            ((4, 4), (5, 0), false),
            ((5, 5), (5, 0), true),
            ((1, 0), (5, 9), true),
            ((9, 0), (5, 9), true),
            ((10, 0), (5, 9), false),
            ((1, 0), (5, 0), true),
        ] {
            let (one, other) = (days(one), days(other));
            assert_eq!(one.overlap(other), expected, "{one:?} {other:?}");
            assert_eq!(other.overlap(one), expected, "{other:?} {one:?}");
        }
    }
}
