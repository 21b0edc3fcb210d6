//! What a person does at an organization, from when until when.

use std::ops::RangeInclusive;

use time::Date;
use time::macros::date;

/// Days that can be said of an employment.
pub(crate) const DAYS: RangeInclusive<Date> = date!(1900 - 01 - 01)..=date!(2100 - 12 - 31);

/// One position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Position {
    /// One of the closed list of the authority; empty where it has none.
    pub(crate) code: String,
    pub(crate) title: String,
    pub(crate) start: Date,
    /// The last day; `None` while it goes on.
    pub(crate) end: Option<Date>,
}

impl Position {
    /// Whether somebody has it on that day.
    pub(crate) fn is_held_on(&self, day: Date) -> bool {
        self.start <= day && self.end.is_none_or(|end| end >= day)
    }

    /// Whether it is the other one, or that one closed.
    fn closes(&self, other: &Self) -> bool {
        self.is_same_from(other) && (self.end == other.end || other.end.is_none())
    }

    /// Whether it is the other one, whenever that ended.
    fn is_same_from(&self, other: &Self) -> bool {
        let Self {
            code,
            title,
            start,
            end: _,
        } = self;
        (code, title, start) == (&other.code, &other.title, &other.start)
    }
}

/// Whether nothing but the end of some was said anew.
pub(super) fn only_closed(before: &[Position], after: &[Position]) -> bool {
    let mut pairs = before.iter().zip(after);
    before.len() == after.len() && pairs.all(|(before, after)| after.closes(before))
}

/// Whether nothing but when some ended was said anew.
pub(super) fn only_dated(before: &[Position], after: &[Position]) -> bool {
    let mut pairs = before.iter().zip(after);
    before.len() == after.len() && pairs.all(|(before, after)| after.is_same_from(before))
}

/// The places of those that are said anew to end after the last day.
pub(super) fn end_after(last_day: Option<Date>, before: &[Position], after: &[Position]) -> Vec<usize> {
    let each = after.iter().enumerate();
    let late = each.filter(|(_, position)| {
        let is_late = last_day.is_some_and(|last_day| position.end > Some(last_day));
        is_late && !before.contains(position)
    });
    late.map(|(place, _)| place).collect()
}

/// The places of those that begin before the employment does.
pub(crate) fn early(start: Option<Date>, positions: &[Position]) -> Vec<usize> {
    let Some(start) = start else {
        return Vec::new();
    };
    let each = positions.iter().enumerate();
    let early = each.filter(|(_, position)| position.start < start);
    early.map(|(place, _)| place).collect()
}

/// The places of those that are said anew and begin after the last day. One that was there before the day was settled stays: it never
/// begins.
pub(super) fn late(last_day: Date, before: &[Position], after: &[Position]) -> Vec<usize> {
    let each = after.iter().enumerate();
    let late = each.filter(|(_, position)| position.start > last_day && !before.contains(position));
    late.map(|(place, _)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(title: &str, end: Option<Date>) -> Position {
        Position {
            code: "lead-teacher".to_owned(),
            title: title.to_owned(),
            start: date!(2026 - 03 - 01),
            end,
        }
    }

    #[test]
    fn closing_is_no_more_than_saying_the_last_day() {
        let (open, closed) = (
            position("Cook", None),
            position("Cook", Some(date!(2026 - 04 - 01))),
        );
        let moved = position("Cook", Some(date!(2026 - 04 - 02)));
        let open = std::slice::from_ref(&open);
        let closed = std::slice::from_ref(&closed);
        assert!(only_closed(open, open) && only_closed(open, closed));
        for (before, after) in [
            (closed, open),
            (closed, &[moved][..]),
            (open, &[position("Baker", None)][..]),
            (open, &[][..]),
            (&[][..], open),
        ] {
            assert!(!only_closed(before, after), "{before:?} {after:?}");
        }
    }
}
