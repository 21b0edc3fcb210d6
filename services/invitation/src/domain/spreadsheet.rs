//! A spreadsheet as people really have it, read into rows.
//!
//! CSV (RFC 4180) with comma, semicolon, tab or what its first line says; UTF-8 or UTF-16, with or without a byte order
//! mark, or Windows-1252; any line ends; a header with `email`, `groups` and perhaps `location`, in any order and case,
//! beside columns of other names, which are not read. Names of groups in one cell are separated by `;`, by `|` or by
//! line breaks. Or a workbook (`.xlsx`) with a sheet like that. What a file is, its bytes say and not its name.
//!
//! What cannot be read as a whole is refused; what is wrong with one row is told with that row, and no row disappears.
//! A file is looked through before its first row is handed out, and read once more for its rows: what it is refused for is
//! known before anything is done with them. Beside the file itself that costs its text (of a workbook the texts that cells
//! share), at most as large as a file may be, and one block of rows.

mod cell;
mod decode;
mod header;
mod kind;
mod lines;
mod names;
mod records;
mod row;
mod separator;
mod sheet;
mod workbook;

use thiserror::Error;

use decode::Text;
use kind::Kind;
pub(crate) use names::Names;
pub(crate) use row::RawRow;
use row::RowOf;
pub(crate) use sheet::Sheet;
use sheet::Source;
use workbook::Workbook;

/// The largest file, and the largest text of one as UTF-8, in bytes.
pub(crate) const MAX_BYTES: usize = 32 * 1024 * 1024;
/// The longest cell that is kept of a column that is read, in characters: more than 50 names of 80 with what stands
/// between them.
const MAX_CELL: usize = 5_000;

/// How the bytes were understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Format {
    /// The encoding of a text, by its name in the registry of IANA.
    pub(crate) encoding: String,
    /// What stands between the cells of a text.
    pub(crate) separator: String,
    /// The sheet of a workbook that was read; empty where the file is a text.
    pub(crate) sheet: String,
    /// Sheets beside it that were not.
    pub(crate) unread_sheets: Vec<String>,
}

/// Why a file cannot be read, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum SheetProblem {
    #[error("the file is empty; fill it in, and save it again")]
    Empty,
    #[error(
        "the file is a workbook of Excel 2003 or older; open it, choose Save As, Excel Workbook (.xlsx), and upload that"
    )]
    OldWorkbook,
    #[error("the workbook is protected by a password; save it without one, and upload that")]
    Encrypted,
    #[error(
        "the file is an old Office document, not a spreadsheet; save the list as Excel Workbook (.xlsx) or CSV UTF-8"
    )]
    OldDocument,
    #[error(
        "the file is a binary workbook (.xlsb); open it, choose Save As, Excel Workbook (.xlsx), and upload that"
    )]
    BinaryWorkbook,
    #[error(
        "the file is an OpenDocument spreadsheet (.ods); open it, choose Save As, Excel 2007-365 (.xlsx), and upload that"
    )]
    OpenDocument,
    #[error("the file is of Numbers; open it, choose File, Export To, Excel, and upload that")]
    Numbers,
    #[error("the file is an archive and no workbook; unpack it, and upload the spreadsheet that is in it")]
    Archive,
    #[error(
        "the file is a web page or XML, whatever its name says; open it in your spreadsheet program, save it as Excel Workbook (.xlsx), and upload that"
    )]
    Markup,
    #[error(
        "the workbook is damaged; open it in your spreadsheet program, save it again as Excel Workbook (.xlsx), and upload that"
    )]
    Damaged,
    #[error(
        "the workbook unpacks to more than 256 MiB; copy the columns email, groups and location to a new one, and upload that"
    )]
    UnpacksTooLarge,
    #[error(
        "the workbook holds a piece that is longer than any cell can be; copy the columns email, groups and location to a new one, and upload that"
    )]
    Oversized,
    #[error(
        "the rows of the workbook and the texts that its cells share are more than 56 MiB; upload it in parts"
    )]
    KeepsTooMuch,
    #[error("every sheet of the workbook is hidden; show the one with the list, and save it again")]
    NoVisibleSheet,
    #[error(
        "the sheets \u{201c}{first}\u{201d} and \u{201c}{other}\u{201d} both are lists of people; keep one of them in the file, or hide the others"
    )]
    SeveralSheets { first: String, other: String },
    #[error(
        "the first sheet, \u{201c}{first}\u{201d}, is no list of people, but \u{201c}{other}\u{201d} is; move that to the first place, and save the file again"
    )]
    NotTheFirstSheet { first: String, other: String },
    #[error("on the sheet \u{201c}{sheet}\u{201d}: {problem}")]
    OfSheet {
        sheet: String,
        problem: Box<SheetProblem>,
    },
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
    #[error("there are no rows below the first line; fill it in, and save the file again")]
    NoRows,
}

impl SheetProblem {
    /// The same, of a sheet with this name.
    fn of_sheet(self, sheet: &str) -> Self {
        Self::OfSheet {
            sheet: sheet.to_owned(),
            problem: Box::new(self),
        }
    }
}

/// Looks a file through: what it is, and how many rows it has, of which at most `most_rows` will be handed out. The
/// others are counted, so that a bomb costs no memory beyond its text.
///
/// # Errors
/// Why it cannot be read as a whole.
pub(crate) fn read(bytes: &[u8], most_rows: usize) -> Result<Sheet<'_>, SheetProblem> {
    match Kind::of(bytes)? {
        Kind::Workbook => {
            let (workbook, found) = Workbook::open(bytes, most_rows)?;
            Ok(Sheet {
                count: found.count,
                format: found.format,
                most_rows,
                source: Source::Workbook(Box::new(workbook)),
            })
        }
        Kind::Text => read_text(bytes, most_rows),
    }
}

fn read_text(bytes: &[u8], most_rows: usize) -> Result<Sheet<'_>, SheetProblem> {
    let text = Text::of(bytes)?;
    if kind::is_markup(text.body()) {
        return Err(SheetProblem::Markup);
    }
    let (count, separator) = looked_through(text.body())?;
    let format = Format {
        encoding: text.encoding.to_owned(),
        separator: separator.to_string(),
        ..Format::default()
    };
    Ok(Sheet {
        count,
        format,
        most_rows,
        source: Source::Text(text),
    })
}

/// How many rows a text has, and what stands between their cells.
fn looked_through(text: &str) -> Result<(usize, char), SheetProblem> {
    let (columns, mut records) = separator::header(text)?;
    let (mut count, mut row) = (0, RowOf::new(columns));
    row.keep_no_more();
    while records.next_filled(&mut row).is_some() {
        count += 1;
    }
    match count {
        0 => Err(SheetProblem::NoRows),
        _ => Ok((count, records.separator())),
    }
}

#[cfg(test)]
mod tests;
