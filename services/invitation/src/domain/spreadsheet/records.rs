//! Records of a CSV text, each with the line on which it begins.

use std::ops::ControlFlow;

use csv::{Reader, ReaderBuilder, StringRecord};

use super::{MAX_CELL, MAX_COLUMNS, SheetProblem};

/// The records of a text.
pub(super) struct Records<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    lines: Lines,
}

/// One record.
pub(super) struct Record {
    pub(super) line: i32,
    pub(super) cells: StringRecord,
}

impl Record {
    /// Whether it holds nothing but spaces: an empty line, or one of nothing but delimiters.
    pub(super) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }

    /// A cell; empty when the row is too short to have it.
    pub(super) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).unwrap_or_default()
    }
}

impl<'a> Records<'a> {
    /// The records of `text`, which has `lines_before` lines of its file before it.
    pub(super) fn new(text: &'a str, delimiter: u8, lines_before: i32) -> Self {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text.as_bytes());
        Self {
            text,
            reader,
            lines: Lines {
                offset: 0,
                line: lines_before + 1,
            },
        }
    }

    /// The next record that is not blank.
    pub(super) fn next_filled(&mut self) -> Result<Option<Record>, SheetProblem> {
        loop {
            match self.next()? {
                Some(record) if record.is_blank() => {}
                other => return Ok(other),
            }
        }
    }

    /// Gives each record to `visit`.
    pub(super) fn for_each(
        mut self,
        mut visit: impl FnMut(&Record) -> ControlFlow<()>,
    ) -> Result<(), SheetProblem> {
        while let Some(record) = self.next()? {
            if visit(&record).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Option<Record>, SheetProblem> {
        let mut cells = StringRecord::new();
        // The text is UTF-8 and rows may be ragged: the reader has nothing left to complain of.
        if !self
            .reader
            .read_record(&mut cells)
            .map_err(|_| SheetProblem::Binary)?
        {
            return Ok(None);
        }
        let begin = cells.position().map_or(0, csv::Position::byte);
        let line = self
            .lines
            .of(self.text, usize::try_from(begin).unwrap_or(usize::MAX));
        if cells.len() > MAX_COLUMNS {
            return Err(SheetProblem::TooManyColumns(line));
        }
        if cells.iter().any(|cell| cell.len() > MAX_CELL) {
            return Err(SheetProblem::CellTooLong(line));
        }
        Ok(Some(Record { line, cells }))
    }
}

/// Counts lines up to an offset that only grows. The reader's own count is off after empty lines, and it does not know
/// the carriage return alone.
struct Lines {
    offset: usize,
    line: i32,
}

impl Lines {
    /// The line of the first byte at or after `begin` that ends no line.
    fn of(&mut self, text: &str, begin: usize) -> i32 {
        let bytes = text.as_bytes();
        while let Some(&byte) = bytes.get(self.offset) {
            let ends_line = byte == b'\n' || byte == b'\r';
            if self.offset >= begin && !ends_line {
                break;
            }
            if byte == b'\n' || (byte == b'\r' && bytes.get(self.offset + 1) != Some(&b'\n')) {
                self.line = self.line.saturating_add(1);
            }
            self.offset += 1;
        }
        self.line
    }
}

/// A first line `sep=;` tells spreadsheet programs the delimiter: how many lines it takes, the text after it, the
/// delimiter.
pub(super) fn said_delimiter(text: &str) -> (i32, &str, Option<u8>) {
    let Some(rest) = text.strip_prefix("sep=").or_else(|| text.strip_prefix("SEP=")) else {
        return (0, text, None);
    };
    let mut bytes = rest.bytes();
    match (bytes.next(), bytes.next()) {
        (Some(delimiter @ (b',' | b';' | b'\t')), Some(b'\r' | b'\n')) => {
            let rest = &rest[1..];
            let rest = rest.strip_prefix("\r\n").unwrap_or_else(|| &rest[1..]);
            (1, rest, Some(delimiter))
        }
        _ => (0, text, None),
    }
}
