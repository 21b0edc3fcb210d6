//! A cell, as it stands in the text of a file.

use std::borrow::Cow;

/// One cell, as it stands in the text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell<'a> {
    Bare(&'a str),
    /// Between quotation marks, which are doubled inside.
    Quoted(&'a str),
    /// Between quotation marks, and what follows the closing one.
    Broken(&'a str, &'a str),
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
        }
    }

    /// Whether there is nothing to see in it.
    pub(super) fn is_blank(self) -> bool {
        match self {
            Cell::Bare(text) | Cell::Quoted(text) => muster_text::is_blank(text),
            Cell::Broken(..) => false,
        }
    }
}
