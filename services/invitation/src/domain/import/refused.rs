//! The rows that became nothing, as a file that can be mended and uploaded again.

use std::fmt::Write as _;

use super::{Import, Problem, Row, RowState, Severity};
use crate::domain::spreadsheet::guarded;

/// What a spreadsheet program takes for UTF-8.
pub(crate) const BYTE_ORDER_MARK: &str = "\u{feff}";
/// The separators that a file without a line `sep=` may have.
const SEPARATORS: [&str; 3] = [",", ";", "\t"];

/// The rows of an import that are in it.
pub(crate) const STATES: [RowState; 2] = [RowState::Invalid, RowState::Refused];

/// How the file is written: like the one that was uploaded, so that the same program opens it.
#[derive(Debug, Clone)]
pub(crate) struct RefusedFile {
    pub(crate) name: String,
    separator: &'static str,
}

impl RefusedFile {
    /// The file about this import.
    pub(crate) fn of(import: &Import) -> Self {
        let given = import.file_name.as_str();
        let stem = given.rsplit_once('.').map_or(given, |(stem, _)| stem);
        let separator = SEPARATORS.into_iter().find(|one| *one == import.format.separator);
        Self {
            name: format!("refused {stem}.csv"),
            separator: separator.unwrap_or(","),
        }
    }

    /// The first line, with what programs know the encoding by.
    pub(crate) fn header(&self) -> String {
        let mut text = BYTE_ORDER_MARK.to_owned();
        // The last one is no column that is read.
        self.write(&mut text, ["email", "groups", "location", "problem"]);
        text
    }

    /// The lines of these rows.
    pub(crate) fn lines(&self, rows: &[Row]) -> String {
        let mut text = String::new();
        for row in rows {
            let groups: Vec<&str> = row.raw.groups.iter().collect();
            let (groups, problems) = (groups.join(";"), told(row));
            self.write(
                &mut text,
                [&row.raw.address, &groups, &row.raw.location, &problems],
            );
        }
        text
    }

    fn write(&self, text: &mut String, cells: [&str; 4]) {
        for (place, cell) in cells.into_iter().enumerate() {
            if place > 0 {
                text.push_str(self.separator);
            }
            let cell = guarded(cell);
            if cell.is_empty() {
                continue;
            }
            // Always between marks: whatever is in it stays one cell, in every program.
            let _ = write!(text, "\"{}\"", cell.replace('"', "\"\""));
        }
        text.push_str("\r\n");
    }
}

/// Where the row stood, and all that costs it. What was only warned of is told in the preview.
fn told(row: &Row) -> String {
    let costs = row
        .problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error);
    let problems: Vec<String> = costs.map(told_one).collect();
    format!("line {}: {}", row.raw.line, problems.join("; "))
}

fn told_one(problem: &Problem) -> String {
    let mut text = problem.description.clone();
    if !problem.column.is_empty() {
        text = format!("{}: {text}", problem.column);
    }
    if !problem.suggestion.is_empty() {
        text.push_str(&format!(" (probably meant: {})", problem.suggestion));
    }
    text
}
