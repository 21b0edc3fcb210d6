//! What is wrong with a row before anything of it is understood.

use serde::{Deserialize, Serialize};

use super::problem::{Problem, Reason};
use super::spreadsheet::RawRow;

/// A fault of a row of a file. Kept with the row, because the file is not; so is what is wrong (`value`) where the row does not
/// have it: as it is repeated to people, and empty where the release before has written the fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Fault {
    /// The row has more cells than the header.
    SurplusCells {
        #[serde(default)]
        value: String,
    },
    /// A cell of a column that is read has more characters than any can have.
    CellTooLong { column: String },
    /// A quotation mark stands behind spaces, where it begins no quoted cell.
    SpaceBeforeMark { column: String },
    /// The quotation mark that begins a cell on this line is never closed.
    MarkNotClosed {
        line: i32,
        #[serde(default)]
        value: String,
    },
    /// Behind the mark that closes a quoted cell stands more text of the cell.
    TextAfterMark {
        begin: i32,
        end: i32,
        #[serde(default)]
        value: String,
    },
    /// The line stands within a quoted cell that began on another line and ends in other text.
    DoubtfulLine { begin: i32 },
    /// A cell of a workbook shows an error, such as `#N/A`.
    CellError {
        column: String,
        cell: String,
        error: String,
    },
    /// A cell of a workbook is a formula that no program has computed.
    NotComputed { column: String, cell: String },
    /// A cell of a workbook stands to the right of the columns that have names.
    BeyondColumns {
        cell: String,
        #[serde(default)]
        value: String,
    },
    /// Behind the text of a workbook's cell, which is no address, stands a link to this one.
    LinkedAddress { address: String },
    /// The row of a workbook is hidden.
    HiddenRow,
}

impl Fault {
    /// The column it is in; empty where it is the row's.
    pub(crate) fn column(&self) -> &str {
        match self {
            Fault::CellTooLong { column }
            | Fault::SpaceBeforeMark { column }
            | Fault::CellError { column, .. }
            | Fault::NotComputed { column, .. } => column,
            Fault::LinkedAddress { .. } => "email",
            _ => "",
        }
    }

    /// What it is, for programs.
    pub(crate) fn reason(&self) -> Reason {
        match self {
            Fault::SurplusCells { .. } => Reason::SurplusCells,
            Fault::CellTooLong { .. } => Reason::CellTooLong,
            Fault::SpaceBeforeMark { .. } => Reason::SpaceBeforeMark,
            Fault::MarkNotClosed { .. } => Reason::MarkNotClosed,
            Fault::TextAfterMark { .. } => Reason::TextAfterMark,
            Fault::DoubtfulLine { .. } => Reason::DoubtfulLine,
            Fault::CellError { .. } => Reason::CellError,
            Fault::NotComputed { .. } => Reason::NotComputed,
            Fault::BeyondColumns { .. } => Reason::BeyondColumns,
            Fault::LinkedAddress { .. } => Reason::LinkedAddress,
            Fault::HiddenRow => Reason::HiddenRow,
        }
    }

    /// What is wrong in this row; empty where it is all of it, or there is nothing to see.
    fn value(&self, row: &RawRow) -> String {
        match self {
            Fault::SurplusCells { value }
            | Fault::MarkNotClosed { value, .. }
            | Fault::TextAfterMark { value, .. }
            | Fault::BeyondColumns { value, .. } => value.clone(),
            Fault::CellError { error, .. } => error.clone(),
            Fault::CellTooLong { .. } | Fault::SpaceBeforeMark { .. } | Fault::LinkedAddress { .. } => {
                match self.column() {
                    "email" => row.address.clone(),
                    "groups" => row.groups.joined("; "),
                    _ => row.location.clone(),
                }
            }
            Fault::DoubtfulLine { .. } | Fault::NotComputed { .. } | Fault::HiddenRow => String::new(),
        }
    }

    /// The fault of this row as it is told: what is wrong and what to do.
    pub(crate) fn problem(&self, row: &RawRow) -> Problem {
        let text = match self {
            Fault::SurplusCells { .. } => "the row has more cells than the first line; put quotation marks around a cell that holds the separator".to_owned(),
            Fault::CellTooLong { .. } => "the cell is longer than any can be; only its beginning is shown".to_owned(),
            Fault::SpaceBeforeMark { .. } => "the quotation mark stands behind a space; remove the space, so that the cell begins with the mark".to_owned(),
            Fault::MarkNotClosed { line, .. } => format!(
                "the quotation mark that begins a cell on line {line} is never closed; close or remove it. The lines below were read as rows of their own"
            ),
            Fault::TextAfterMark { begin, end, .. } if begin == end => format!(
                "on line {begin} text follows a quotation mark that closes a cell; put a separator there, or write the marks inside the cell twice"
            ),
            Fault::TextAfterMark { begin, end, .. } => format!(
                "the cell that begins with a quotation mark on line {begin} is closed on line {end}, where more text follows; mend the marks"
            ),
            Fault::DoubtfulLine { begin } => format!(
                "this may be a row or a piece of the cell that begins on line {begin}; mend the quotation marks there"
            ),
            Fault::CellError { cell, error, .. } => {
                format!("the cell {cell} shows the error {error}; write the value itself into it")
            }
            Fault::NotComputed { cell, .. } => format!(
                "the cell {cell} is a formula that was never computed; open the file in your spreadsheet program and save it again, or write the value itself"
            ),
            Fault::BeyondColumns { cell, .. } => format!(
                "the cell {cell} stands to the right of the columns that have names; name its column, or empty it"
            ),
            Fault::LinkedAddress { .. } => {
                "the text of the cell is no address, but it is linked to one; what the cell shows is what counts".to_owned()
            }
            Fault::HiddenRow => {
                "the row is hidden in the workbook and passed over; show it, if the person is to be invited".to_owned()
            }
        };
        let (reason, column) = (self.reason(), self.column());
        let problem = match self {
            Fault::HiddenRow => Problem::warning(reason, column, text),
            Fault::LinkedAddress { address } => Problem::error(reason, column, text).suggest(Some(address)),
            _ => Problem::error(reason, column, text),
        };
        problem.of(&self.value(row))
    }
}
