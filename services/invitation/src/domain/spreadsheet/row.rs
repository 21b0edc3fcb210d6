//! The row that a record becomes.

use muster_tables::unguarded;

use super::super::fault::Fault;
use super::super::problem::{Place, repeated};
use super::MAX_CELL;
use super::cell::{Cell, Shown, Visit};
use super::header::{Columns, EMAIL, GROUPS, Known, LOCATION};
use super::names::Names;

/// How much of what a program shows for an error is told, in characters.
const MAX_ERROR: usize = 20;
/// How much of what is wrong with a row is told: more than its columns can have, unless one stands in it again and again.
const MAX_FAULTS: usize = 20;
/// What a row takes beside its text, in bytes.
const ROW: usize = 128;

/// A row as the file has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RawRow {
    /// Line of the text on which it begins, from 1; of a workbook the same as its number.
    pub(crate) line: i32,
    /// Its number as spreadsheet programs show it, from 1: empty and hidden rows count, and so does the header.
    pub(crate) number: i32,
    pub(crate) address: String,
    pub(crate) groups: Names,
    /// Empty when not said.
    pub(crate) location: String,
    /// What was wrong with it when it was read.
    pub(crate) faults: Vec<Fault>,
}

impl RawRow {
    /// Where it stands.
    pub(crate) fn place(&self) -> Place {
        Place {
            line: self.line,
            row: self.number,
        }
    }

    /// About how many bytes it takes.
    pub(super) fn taken(&self) -> usize {
        self.address.len() + self.groups.as_lines().len() + self.location.len() + ROW
    }
}

/// A row in the making.
pub(super) struct RowOf {
    columns: Columns,
    row: RawRow,
    /// Whether it will be taken.
    is_kept: bool,
    /// Whether it was told that it has more cells than columns.
    has_surplus: bool,
}

impl RowOf {
    /// Of these columns, without anything yet.
    pub(super) fn new(columns: Columns) -> Self {
        Self {
            columns,
            row: RawRow::default(),
            is_kept: true,
            has_surplus: false,
        }
    }

    /// The row that was read last, with the line on which it began, its number, and what is wrong with its marks.
    pub(super) fn take(&mut self, (line, number): (i32, i32), faults: Vec<Fault>) -> RawRow {
        let mut row = std::mem::take(&mut self.row);
        (row.line, row.number) = (line, number);
        row.faults.splice(0..0, faults);
        row
    }

    /// Only counts the rows from now on.
    pub(super) fn keep_no_more(&mut self) {
        self.is_kept = false;
    }

    fn tell(&mut self, fault: Option<Fault>) {
        if self.row.faults.len() < MAX_FAULTS {
            self.row.faults.extend(fault);
        }
    }

    /// The text of a cell that is read, as far as one can be long.
    fn text(&mut self, known: &Known, place: usize, cell: Cell<'_>) -> String {
        let column = || known.column.to_owned();
        let fault = match cell {
            Cell::Bare(text) if text.trim_start().starts_with('"') => {
                Some(Fault::SpaceBeforeMark { column: column() })
            }
            Cell::OfSheet(row, Shown::Error(error)) => Some(Fault::CellError {
                column: column(),
                cell: named(place, row),
                error: error.chars().take(MAX_ERROR).collect(),
            }),
            Cell::OfSheet(row, Shown::Uncomputed) => Some(Fault::NotComputed {
                column: column(),
                cell: named(place, row),
            }),
            _ => None,
        };
        self.tell(fault);
        let text = cell.text();
        let text = unguarded(&text);
        // As many bytes hold no more characters.
        let surplus = if text.len() > MAX_CELL {
            text.char_indices().nth(MAX_CELL)
        } else {
            None
        };
        if let Some((end, _)) = surplus {
            self.tell(Some(Fault::CellTooLong { column: column() }));
            return text[..end].to_owned();
        }
        text.to_owned()
    }
}

impl Visit<'_> for RowOf {
    fn begin(&mut self) {
        if self.is_kept {
            self.row = RawRow::default();
            self.has_surplus = false;
        }
    }

    /// A short record has empty cells; cells beyond the header are not dropped without a word.
    fn cell(&mut self, column: usize, cell: Cell<'_>) {
        let columns = self.columns;
        if !self.is_kept {
            return;
        }
        if column == columns.email {
            self.row.address = self.text(&EMAIL, column, cell);
        } else if column == columns.groups {
            let text = self.text(&GROUPS, column, cell);
            self.row.groups = Names::of_cell(&text);
        } else if Some(column) == columns.location {
            self.row.location = self.text(&LOCATION, column, cell);
        } else if column >= columns.width && !cell.is_blank() && !self.has_surplus {
            self.has_surplus = true;
            let value = repeated(&cell.text());
            self.row.faults.push(match cell {
                Cell::OfSheet(row, _) => Fault::BeyondColumns {
                    cell: named(column, row),
                    value,
                },
                _ => Fault::SurplusCells { value },
            });
        }
    }
}

/// A cell as programs name it, such as `B7`.
fn named(column: usize, row: i32) -> String {
    let (mut letters, mut rest) = (String::new(), column + 1);
    while rest > 0 {
        rest -= 1;
        letters.insert(0, char::from(b'A' + u8::try_from(rest % 26).unwrap_or_default()));
        rest /= 26;
    }
    format!("{letters}{row}")
}
