//! A spreadsheet as people really have it, read into rows.
//!
//! CSV (RFC 4180) with comma, semicolon or tab; UTF-8 or UTF-16, with or without a byte order mark, or Windows-1252;
//! any line ends; a header with `email`, `groups` and perhaps `location`, in any order and case, beside columns of
//! other names, which are not read. Names of groups in one cell are separated by `;`, by `|` or by line breaks.
//!
//! Beside the file itself reading costs its text, at most as large as a file may be, and the rows that are kept.

mod columns;
mod decode;
mod names;
mod records;

use thiserror::Error;

use super::import::RawRow;
use columns::Columns;
pub(crate) use names::Names;
use records::Records;

/// The largest file, and the largest text of one as UTF-8, in bytes.
pub(crate) const MAX_BYTES: usize = 32 * 1024 * 1024;
/// The most columns.
const MAX_COLUMNS: usize = 64;
/// The longest cell, in bytes. A forgotten closing quote makes one cell of the rest of the file.
const MAX_CELL: usize = 4 * 1024;

/// The rows of a file.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    /// Those within the limit.
    pub(crate) rows: Vec<RawRow>,
    /// How many there are, also beyond the limit.
    pub(crate) count: usize,
}

/// Why a file cannot be read, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum SheetProblem {
    #[error("the file is empty; save the sheet as CSV again")]
    Empty,
    #[error("the file is a workbook, not CSV; in your spreadsheet program choose Save As, CSV UTF-8")]
    Workbook,
    #[error("the text of the file is larger than 32 MiB; upload it in parts")]
    TooLong,
    #[error("the file holds bytes that no text has; in your spreadsheet program choose Save As, CSV UTF-8")]
    Binary,
    #[error(
        "the first line has no column named {0}; name the columns email and groups, and location if you have locations"
    )]
    NoColumn(&'static str),
    #[error("the first line has two columns that both mean {0}; keep one of them")]
    DoubledColumn(&'static str),
    #[error("line {0} has more than 64 columns; keep email, groups and location")]
    TooManyColumns(i32),
    #[error("line {0} has a cell of more than 4096 bytes; look for a quotation mark that is not closed")]
    CellTooLong(i32),
}

/// Reads a file, keeping at most `most_rows` rows and counting the others, so that a bomb costs no memory
/// beyond its text.
pub(crate) fn read(bytes: &[u8], most_rows: usize) -> Result<Sheet, SheetProblem> {
    let text = decode::text(bytes)?;
    let (columns, mut records) = header(&text)?;
    let mut sheet = Sheet::default();
    while let Some(record) = records.next_filled()? {
        sheet.count += 1;
        if sheet.count <= most_rows {
            sheet.rows.push(columns.row(&record));
        }
    }
    Ok(sheet)
}

/// The delimiter is the one under which the header makes the most sense.
fn header(text: &str) -> Result<(Columns, Records<'_>), SheetProblem> {
    let (lines_before, text, said) = records::said_delimiter(text);
    let candidates: &[u8] = match &said {
        Some(delimiter) => std::slice::from_ref(delimiter),
        None => b",;\t",
    };
    let mut best: Option<(usize, Columns, Records<'_>)> = None;
    let mut first_problem = None;
    for &delimiter in candidates {
        let mut records = Records::new(text, delimiter, lines_before);
        let Some(header) = records.next_filled()? else {
            return Err(SheetProblem::Empty);
        };
        let known = Columns::known_in(&header);
        let found = Columns::find(&header);
        match found {
            Ok(columns) if best.as_ref().is_none_or(|(most, ..)| known > *most) => {
                best = Some((known, columns, records));
            }
            Ok(_) => {}
            // The problem of the delimiter that found more is the one worth telling.
            Err(problem) if first_problem.as_ref().is_none_or(|(most, _)| known > *most) => {
                first_problem = Some((known, problem));
            }
            Err(_) => {}
        }
    }
    match (best, first_problem) {
        (Some((_, columns, records)), _) => Ok((columns, records)),
        (None, Some((_, problem))) => Err(problem),
        (None, None) => Err(SheetProblem::Empty),
    }
}

#[cfg(test)]
mod tests;
