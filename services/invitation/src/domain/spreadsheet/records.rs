//! Records of a CSV text, each with the line on which it begins.
//!
//! A record is read into memory of a fixed size: one that does not fit is refused before it has cost any.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::{MAX_CELL, MAX_COLUMNS, SheetProblem};

/// The records of a text.
pub(super) struct Records<'a> {
    text: &'a str,
    /// How far the text has been read.
    at: usize,
    reader: Reader,
    lines: Lines,
    /// The cells of the record that was read last, one after the other, and where each ends.
    cells: Box<[u8]>,
    ends: [usize; MAX_COLUMNS + 1],
    filled: Filled,
}

/// How much of the memory holds the record.
#[derive(Default)]
struct Filled {
    bytes: usize,
    cells: usize,
    line: i32,
}

/// One record.
pub(super) struct Record<'r> {
    pub(super) line: i32,
    cells: &'r str,
    ends: &'r [usize],
}

impl<'r> Record<'r> {
    /// Whether it holds nothing but spaces: an empty line, or one of nothing but delimiters.
    pub(super) fn is_blank(&self) -> bool {
        self.cells.trim().is_empty()
    }

    /// A cell; empty when the row is too short to have it.
    pub(super) fn cell(&self, column: usize) -> &'r str {
        let begin = match column.checked_sub(1) {
            None => Some(0),
            Some(before) => self.ends.get(before).copied(),
        };
        let end = self.ends.get(column).copied();
        begin
            .zip(end)
            .and_then(|(begin, end)| self.cells.get(begin..end))
            .unwrap_or_default()
    }

    /// How many cells it has.
    pub(super) fn width(&self) -> usize {
        self.ends.len()
    }

    /// The cells.
    pub(super) fn cells(&self) -> impl Iterator<Item = &'r str> {
        (0..self.width()).map(|column| self.cell(column))
    }
}

impl<'a> Records<'a> {
    /// The records of `text`, which has `lines_before` lines of its file before it.
    pub(super) fn new(text: &'a str, delimiter: u8, lines_before: i32) -> Self {
        Self {
            text,
            at: 0,
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            lines: Lines {
                offset: 0,
                line: lines_before + 1,
            },
            cells: vec![0; MAX_COLUMNS * MAX_CELL + 1].into_boxed_slice(),
            ends: [0; MAX_COLUMNS + 1],
            filled: Filled::default(),
        }
    }

    /// The next record that is not blank.
    pub(super) fn next_filled(&mut self) -> Result<Option<Record<'_>>, SheetProblem> {
        while self.advance()? {
            if !self.record()?.is_blank() {
                return self.record().map(Some);
            }
        }
        Ok(None)
    }

    /// Reads the next record. `false` at the end of the text.
    fn advance(&mut self) -> Result<bool, SheetProblem> {
        let line = self.lines.of(self.text, self.at);
        let (mut bytes, mut cells) = (0, 0);
        loop {
            let (result, read, written, ended) = self.reader.read_record(
                &self.text.as_bytes()[self.at..],
                &mut self.cells[bytes..],
                &mut self.ends[cells..],
            );
            self.at += read;
            bytes += written;
            cells += ended;
            match result {
                // Once more with nothing, which says that the text has ended.
                ReadRecordResult::InputEmpty => {}
                // Only a cell that is too long fills all the room there is for so many columns.
                ReadRecordResult::OutputFull => return Err(SheetProblem::CellTooLong(line)),
                ReadRecordResult::OutputEndsFull => return Err(SheetProblem::TooManyColumns(line)),
                ReadRecordResult::End => return Ok(false),
                ReadRecordResult::Record => break,
            }
        }
        self.filled = Filled { bytes, cells, line };
        Ok(true)
    }

    /// The record that was read last.
    fn record(&self) -> Result<Record<'_>, SheetProblem> {
        let Filled { bytes, cells, line } = self.filled;
        if cells > MAX_COLUMNS {
            return Err(SheetProblem::TooManyColumns(line));
        }
        let ends = &self.ends[..cells];
        let begins = std::iter::once(0).chain(ends.iter().copied());
        if ends.iter().zip(begins).any(|(end, begin)| end - begin > MAX_CELL) {
            return Err(SheetProblem::CellTooLong(line));
        }
        // Cells of a text are cut out of it at its delimiters: they are text.
        let text = std::str::from_utf8(&self.cells[..bytes]).map_err(|_| SheetProblem::Binary)?;
        Ok(Record {
            line,
            cells: text,
            ends,
        })
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
