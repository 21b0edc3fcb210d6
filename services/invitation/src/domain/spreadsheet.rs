//! A spreadsheet as people really have it, read into rows.
//!
//! CSV (RFC 4180) with comma, semicolon, tab or what its first line says; UTF-8 or UTF-16, with or without a byte order
//! mark, or Windows-1252; any line ends; a header with `email`, `groups` and perhaps `location`, in any order and case,
//! beside columns of other names, which are not read. Names of groups in one cell are separated by `;`, by `|` or by
//! line breaks.
//!
//! What cannot be read as a whole is refused; what is wrong with one row is told with that row, and no row disappears.
//! Beside the file itself reading costs its text, at most as large as a file may be, and the rows that are kept.

mod cell;
mod columns;
mod decode;
mod formula;
mod header;
mod lines;
mod names;
mod records;
mod separator;

use thiserror::Error;

use super::import::RawRow;
use decode::Text;
pub(crate) use formula::guarded;
pub(crate) use names::Names;

/// The largest file, and the largest text of one as UTF-8, in bytes.
pub(crate) const MAX_BYTES: usize = 32 * 1024 * 1024;
/// The longest cell that is kept of a column that is read, in characters: more than 50 names of 80 with what stands
/// between them.
const MAX_CELL: usize = 5_000;

/// The rows of a file.
#[derive(Debug)]
pub(crate) struct Sheet {
    /// Those within the limit.
    pub(crate) rows: Vec<RawRow>,
    /// How many there are, also beyond the limit.
    pub(crate) count: usize,
    pub(crate) format: Format,
}

/// How the bytes were understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Format {
    /// The encoding, by its name in the registry of IANA.
    pub(crate) encoding: String,
    /// What stands between the cells.
    pub(crate) separator: String,
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
        "line {0} holds a byte that does not fit the encoding of the other letters; in your spreadsheet program choose Save As, CSV UTF-8, and look whether every name and address is right"
    )]
    Encoding(i32),
    #[error(
        "the first line has no column named {column}; it was read as {read}. Name the columns email and groups, and location if you have locations"
    )]
    NoColumn { column: &'static str, read: String },
    #[error("the first line has two columns that both mean {0}; keep one of them")]
    DoubledColumn(&'static str),
    #[error("the file has no rows below its first line; save the sheet as CSV again")]
    NoRows,
}

/// Reads a file, keeping at most `most_rows` rows and counting the others, so that a bomb costs no memory
/// beyond its text.
pub(crate) fn read(bytes: &[u8], most_rows: usize) -> Result<Sheet, SheetProblem> {
    let text = Text::of(bytes)?;
    let (columns, mut records) = separator::header(text.body())?;
    let (mut rows, mut count, mut row) = (Vec::new(), 0, columns.row());
    while let Some(ended) = records.next_filled(&mut row) {
        count += 1;
        if count <= most_rows {
            rows.push(row.take(ended));
        }
        if count == most_rows {
            row.keep_no_more();
        }
    }
    if count == 0 {
        return Err(SheetProblem::NoRows);
    }
    let format = Format {
        encoding: text.encoding.to_owned(),
        separator: records.separator().to_string(),
    };
    Ok(Sheet { rows, count, format })
}

#[cfg(test)]
mod tests;
