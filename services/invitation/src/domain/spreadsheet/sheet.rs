//! A file that was looked through: its rows are handed out block after block, and none of them is kept.

use super::decode::Text;
use super::records::Records;
use super::row::{RawRow, RowOf};
use super::workbook::{Workbook, WorkbookRows};
use super::{Format, SheetProblem, separator};

/// How many rows a block has at most: few enough for one statement of the database to stay far below its limit.
const ROWS_A_BLOCK: usize = 2_000;
/// How many bytes of rows a block has before it ends: what a single row may have, it may have more.
const BYTES_A_BLOCK: usize = 4 * 1024 * 1024;

/// A file that can be read from its first row to its last.
pub(crate) struct Sheet<'a> {
    /// How many rows there are, also beyond the limit.
    pub(crate) count: usize,
    pub(crate) format: Format,
    pub(super) most_rows: usize,
    pub(super) source: Source<'a>,
}

/// What the rows are read from.
pub(super) enum Source<'a> {
    Text(Text<'a>),
    Workbook(Box<Workbook<'a>>),
}

impl Sheet<'_> {
    /// The rows within the limit, in the order of the file, a block at a time.
    ///
    /// # Errors
    /// None that the file was not refused for when it was looked through; the same holds for each block.
    pub(crate) fn blocks(
        &mut self,
    ) -> Result<impl Iterator<Item = Result<Vec<RawRow>, SheetProblem>>, SheetProblem> {
        let rows = match &mut self.source {
            Source::Text(text) => Rows::Text(Box::new(TextRows::of(text)?)),
            Source::Workbook(workbook) => Rows::Workbook(Box::new(workbook.rows()?)),
        };
        Ok(Blocks(rows.take(self.most_rows)))
    }
}

/// The rows that are not read yet.
enum Rows<'s, 'a> {
    Text(Box<TextRows<'s>>),
    Workbook(Box<WorkbookRows<'s, 'a>>),
}

impl Iterator for Rows<'_, '_> {
    type Item = Result<RawRow, SheetProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Rows::Text(rows) => rows.next().map(Ok),
            Rows::Workbook(rows) => rows.next(),
        }
    }
}

/// Those of a text.
struct TextRows<'s> {
    records: Records<'s>,
    row: RowOf,
}

impl<'s> TextRows<'s> {
    fn of(text: &'s Text<'_>) -> Result<Self, SheetProblem> {
        let (columns, records) = separator::header(text.body())?;
        let row = RowOf::new(columns);
        Ok(Self { records, row })
    }
}

impl Iterator for TextRows<'_> {
    type Item = RawRow;

    fn next(&mut self) -> Option<RawRow> {
        let ended = self.records.next_filled(&mut self.row)?;
        Some(self.row.take((ended.line, ended.number), ended.faults()))
    }
}

/// Rows, as many at a time as are worth a statement.
struct Blocks<I>(I);

impl<I: Iterator<Item = Result<RawRow, SheetProblem>>> Iterator for Blocks<I> {
    type Item = Result<Vec<RawRow>, SheetProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        let (mut block, mut taken) = (Vec::new(), 0);
        while block.len() < ROWS_A_BLOCK && taken < BYTES_A_BLOCK {
            match self.0.next() {
                Some(Ok(row)) => {
                    taken += row.taken();
                    block.push(row);
                }
                Some(Err(problem)) => return Some(Err(problem)),
                None => break,
            }
        }
        (!block.is_empty()).then_some(Ok(block))
    }
}
