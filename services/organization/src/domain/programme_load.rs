//! A load of licensed programmes: rows that come one after the other, and what became of them.

use std::collections::HashMap;

use muster_ids::{PersonId, ProgrammeLoadId, ProgrammeLoadName};
use time::OffsetDateTime;

use super::{Programme, RowProblem};

/// How much is kept of what a refused row has for a license.
const SHOWN: usize = 100;

/// A load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProgrammeLoad {
    pub(crate) id: ProgrammeLoadId,
    /// How many rows it has in all; from 1.
    pub(crate) row_count: i32,
    /// What became of those that were taken: the first ones.
    pub(crate) taken: RowCounts,
    pub(crate) creator: PersonId,
    /// As they stated it.
    pub(crate) reason: String,
    pub(crate) create_time: OffsetDateTime,
    pub(crate) finish_time: Option<OffsetDateTime>,
}

/// How many rows became what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RowCounts {
    pub(crate) added: i32,
    pub(crate) changed: i32,
    pub(crate) unchanged: i32,
    pub(crate) refused: i32,
}

/// What became of a programme that a row told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowOutcome {
    Added,
    Changed,
    Unchanged,
}

/// A row that makes sense.
#[derive(Debug, Clone)]
pub(crate) struct LoadRow {
    /// From 1.
    pub(crate) number: i32,
    pub(crate) programme: Programme,
}

/// A row that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefusedRow {
    /// From 1.
    pub(crate) number: i32,
    /// As the row has it, cut.
    pub(crate) authority: String,
    /// As the row has it, cut.
    pub(crate) license_number: String,
    pub(crate) problems: Vec<RowProblem>,
}

/// Why rows are not the next ones of a load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misplaced {
    /// It goes on with this row.
    Missing(i32),
    /// It has so many rows.
    TooMany(i32),
}

impl ProgrammeLoad {
    /// Its resource name.
    pub(crate) fn name(&self) -> ProgrammeLoadName {
        ProgrammeLoadName {
            programme_load: self.id,
        }
    }

    /// How many rows are to be passed over of so many from `first` on: they were taken before.
    pub(crate) fn passed_over(&self, first: i32, count: usize) -> Result<usize, Misplaced> {
        let next = self.taken.count() + 1;
        if count == 0 {
            return Ok(0);
        }
        if first > next {
            return Err(Misplaced::Missing(next));
        }
        let last = i64::from(first) + i64::try_from(count).unwrap_or(i64::MAX) - 1;
        if last > i64::from(self.row_count) {
            return Err(Misplaced::TooMany(self.row_count));
        }
        Ok(usize::try_from(next - first).unwrap_or_default().min(count))
    }

    /// With more rows taken.
    pub(crate) fn take(mut self, taken: RowCounts, now: OffsetDateTime) -> Self {
        self.taken = self.taken.and(taken);
        if self.taken.count() == self.row_count {
            self.finish_time = Some(now);
        }
        self
    }
}

impl RowCounts {
    pub(crate) fn count(self) -> i32 {
        self.added + self.changed + self.unchanged + self.refused
    }

    /// One more of what became of it.
    pub(crate) fn add(&mut self, outcome: RowOutcome) {
        match outcome {
            RowOutcome::Added => self.added += 1,
            RowOutcome::Changed => self.changed += 1,
            RowOutcome::Unchanged => self.unchanged += 1,
        }
    }

    fn and(self, more: Self) -> Self {
        Self {
            added: self.added + more.added,
            changed: self.changed + more.changed,
            unchanged: self.unchanged + more.unchanged,
            refused: self.refused + more.refused,
        }
    }
}

impl RefusedRow {
    pub(crate) fn new(number: i32, license: (&str, &str), problems: Vec<RowProblem>) -> Self {
        let cut = |text: &str| muster_text::cleaned(text).chars().take(SHOWN).collect();
        Self {
            number,
            authority: cut(license.0),
            license_number: cut(license.1),
            problems,
        }
    }

    /// A row that names the license of an earlier one.
    pub(crate) fn repeated(row: &LoadRow, earlier: i32) -> Self {
        let license = &row.programme.license;
        let problem = RowProblem {
            field: "license_number".to_owned(),
            description: format!("must not be that of another row; row {earlier} has it"),
        };
        Self::new(
            row.number,
            (license.authority().as_str(), license.as_given()),
            vec![problem],
        )
    }
}

/// The rows, each license once, and those that repeat one.
pub(crate) fn each_license_once(rows: Vec<LoadRow>) -> (Vec<LoadRow>, Vec<RefusedRow>) {
    let mut first: HashMap<(String, String), i32> = HashMap::new();
    let (mut kept, mut repeated) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in rows {
        let license = &row.programme.license;
        let key = (
            license.authority().as_str().to_owned(),
            license.normalized().to_owned(),
        );
        match first.get(&key) {
            Some(earlier) => repeated.push(RefusedRow::repeated(&row, *earlier)),
            None => {
                first.insert(key, row.number);
                kept.push(row);
            }
        }
    }
    (kept, repeated)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    fn load(taken: i32) -> ProgrammeLoad {
        ProgrammeLoad {
            id: ProgrammeLoadId::from_uuid(Uuid::nil()),
            row_count: 10,
            taken: RowCounts {
                added: taken,
                ..RowCounts::default()
            },
            creator: PersonId::derive("i", "s"),
            reason: "the list of March".to_owned(),
            create_time: NOW,
            finish_time: None,
        }
    }

    #[test]
    fn what_was_taken_is_passed_over_wherever_somebody_begins_again() {
        assert_eq!(load(0).passed_over(1, 4), Ok(0));
        assert_eq!(load(4).passed_over(1, 4), Ok(4));
        assert_eq!(load(4).passed_over(1, 6), Ok(4));
        assert_eq!(load(4).passed_over(3, 6), Ok(2));
        assert_eq!(load(4).passed_over(5, 6), Ok(0));
        assert_eq!(load(10).passed_over(1, 3), Ok(3));
        assert_eq!(load(10).passed_over(10, 1), Ok(1));
    }

    #[test]
    fn no_row_is_left_out_and_none_is_too_many() {
        assert_eq!(load(4).passed_over(6, 1), Err(Misplaced::Missing(5)));
        assert_eq!(load(4).passed_over(5, 7), Err(Misplaced::TooMany(10)));
        assert_eq!(load(10).passed_over(11, 1), Err(Misplaced::TooMany(10)));
        assert_eq!(load(4).passed_over(9, 0), Ok(0));
    }

    #[test]
    fn a_load_is_done_with_its_last_row() {
        let refused = |refused| RowCounts {
            refused,
            ..RowCounts::default()
        };
        let open = load(4).take(refused(5), NOW);
        assert_eq!((open.taken.count(), open.finish_time), (9, None));
        let done = open.take(refused(1), NOW);
        assert_eq!((done.taken.count(), done.finish_time), (10, Some(NOW)));
    }

    #[test]
    fn little_is_kept_of_a_refused_row_and_nothing_that_cannot_be_seen() {
        let row = RefusedRow::new(
            1,
            ("us-mi", &format!("1\u{202e}2\n{}", "3".repeat(200))),
            Vec::new(),
        );
        assert_eq!(row.license_number.chars().count(), SHOWN);
        assert!(!row.license_number.contains(['\u{202e}', '\n']));
    }
}
