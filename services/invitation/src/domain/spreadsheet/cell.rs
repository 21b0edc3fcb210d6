//! A cell, as it stands in the text of a file or in a workbook.

use std::borrow::Cow;

/// One cell, as it stands in the file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell<'a> {
    Bare(&'a str),
    /// Between quotation marks, which are doubled inside.
    Quoted(&'a str),
    /// Between quotation marks, and what follows the closing one.
    Broken(&'a str, &'a str),
    /// In the row of this number of a workbook's sheet.
    OfSheet(i32, Shown<'a>),
}

/// What a cell of a workbook shows.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shown<'a> {
    Text(&'a str),
    /// An error, such as `#N/A`.
    Error(&'a str),
    /// A formula that no program has computed yet.
    Uncomputed,
}

/// What becomes of the cells of a record.
pub(super) trait Visit<'a> {
    /// A record begins; what came before was no row.
    fn begin(&mut self);
    /// The next cell.
    fn cell(&mut self, column: usize, cell: Cell<'a>);
}

impl<'a> Cell<'a> {
    /// The cell's text.
    pub(super) fn text(self) -> Cow<'a, str> {
        match self {
            Cell::Bare(text) => Cow::Borrowed(text),
            Cell::Quoted(text) if !text.contains('"') => Cow::Borrowed(text),
            Cell::Quoted(text) => Cow::Owned(text.replace("\"\"", "\"")),
            Cell::Broken(text, after) => Cow::Owned(text.replace("\"\"", "\"") + after),
            Cell::OfSheet(_, Shown::Text(text) | Shown::Error(text)) => Cow::Borrowed(text),
            Cell::OfSheet(_, Shown::Uncomputed) => Cow::Borrowed(""),
        }
    }

    /// Whether there is nothing to see in it.
    pub(super) fn is_blank(self) -> bool {
        match self {
            Cell::Bare(text) | Cell::Quoted(text) | Cell::OfSheet(_, Shown::Text(text)) => {
                muster_text::is_blank(text)
            }
            Cell::Broken(..) | Cell::OfSheet(..) => false,
        }
    }
}
