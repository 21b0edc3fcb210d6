//! Records of a CSV text (RFC 4180), each with the line on which it begins and with its number among them.
//!
//! Cells are pieces of the text: a record costs no memory, however long it is or however many cells it has.
//!
//! A quotation mark that is not closed would make one cell of all the people below it. So a mark counts as the beginning
//! of a quoted cell only where the mark that closes it stands before a separator, a line end or the end of the text.
//! Otherwise it is a fault of its record, and the lines below it are read for themselves: no line disappears in a cell.

use memchr::{memchr, memchr3};

use super::super::fault::Fault;
use super::super::problem::repeated;
use super::cell::{Cell, Visit};
use super::lines::{end_of_line, line_ends};

const MARK: u8 = b'"';

/// The records of a text.
pub(super) struct Records<'a> {
    text: &'a str,
    /// How far the text has been read.
    at: usize,
    /// The line there.
    line: i32,
    /// The number of the record that begins there, or of the one after it.
    number: i32,
    separator: u8,
    doubt: Option<Doubt>,
}

/// Lines that may be a piece of a quoted cell.
struct Doubt {
    /// Lines that begin before.
    until: usize,
    /// Where that cell begins.
    line: i32,
}

/// Where a record began, and what is wrong with its quotation marks.
#[derive(Debug)]
pub(super) struct Ended<'a> {
    pub(super) line: i32,
    /// As spreadsheet programs number rows: an empty line is one, and lines within a cell are none.
    pub(super) number: i32,
    /// The first cell whose marks are wrong.
    broken: Option<Broken<'a>>,
    /// Where the cell begins that the record may be a piece of.
    doubt: Option<i32>,
}

/// A cell that begins with a quotation mark and does not end with one.
#[derive(Debug)]
struct Broken<'a> {
    /// As it was read, with its marks.
    text: &'a str,
    /// The line on which it begins.
    begin: i32,
    /// The line of the mark that closes it, behind which text follows; `None` where there is none.
    end: Option<i32>,
}

impl Ended<'_> {
    /// What is wrong with the quotation marks.
    pub(super) fn faults(&self) -> Vec<Fault> {
        let broken = self.broken.as_ref().map(|broken| {
            let (begin, value) = (broken.begin, repeated(broken.text));
            match broken.end {
                Some(end) => Fault::TextAfterMark { begin, end, value },
                None => Fault::MarkNotClosed { line: begin, value },
            }
        });
        let doubt = self.doubt.map(|begin| Fault::DoubtfulLine { begin });
        broken.into_iter().chain(doubt).collect()
    }
}

impl<'a> Records<'a> {
    /// The records of `text`, which has `lines_before` lines of its file before it. Programs show none of these as a row.
    pub(super) fn new(text: &'a str, separator: u8, lines_before: i32) -> Self {
        Self {
            text,
            at: 0,
            line: lines_before + 1,
            number: 1,
            separator,
            doubt: None,
        }
    }

    /// What stands between the cells.
    pub(super) fn separator(&self) -> char {
        char::from(self.separator)
    }

    /// Reads the next record in which there is something to see. `None` at the end of the text.
    pub(super) fn next_filled(&mut self, visit: &mut impl Visit<'a>) -> Option<Ended<'a>> {
        loop {
            self.skip_empty_lines();
            if self.at == self.text.len() {
                return None;
            }
            visit.begin();
            let (ended, is_blank) = self.record(visit);
            if !is_blank {
                return Some(ended);
            }
        }
    }

    /// A file of nothing but line ends is one look.
    fn skip_empty_lines(&mut self) {
        let bytes = &self.text.as_bytes()[self.at..];
        let filled = bytes.iter().position(|byte| !matches!(byte, b'\n' | b'\r'));
        let empty = &bytes[..filled.unwrap_or(bytes.len())];
        let lines = line_ends(empty);
        self.line = self.line.saturating_add(lines);
        self.number = self.number.saturating_add(lines);
        self.at += empty.len();
    }

    fn record(&mut self, visit: &mut impl Visit<'a>) -> (Ended<'a>, bool) {
        let (begin, line, number) = (self.at, self.line, self.number);
        let doubt = self.doubt.as_ref().filter(|doubt| begin < doubt.until);
        let doubt = doubt.map(|doubt| doubt.line);
        let (mut broken, mut is_blank) = (None, true);
        for column in 0.. {
            let (cell, wrong) = self.cell(begin);
            broken = broken.or(wrong);
            is_blank = is_blank && cell.is_blank();
            visit.cell(column, cell);
            if !self.takes(self.separator) {
                break;
            }
        }
        let _ = self.takes(b'\r') | self.takes(b'\n');
        self.line = line.saturating_add(line_ends(&self.text.as_bytes()[begin..self.at]));
        self.number = number.saturating_add(1);
        let ended = Ended {
            line,
            number,
            broken,
            doubt,
        };
        (ended, is_blank)
    }

    /// The next cell of the record that begins at `begin`.
    fn cell(&mut self, begin: usize) -> (Cell<'a>, Option<Broken<'a>>) {
        let open = self.at;
        if !self.takes(MARK) {
            return (Cell::Bare(self.bare()), None);
        }
        let Some(close) = self.closing() else {
            let line = self.line_of(begin, open);
            return (Cell::Bare(self.bare()), self.broken(open, line, None));
        };
        let (inner, bytes) = (&self.text[open + 1..close], self.text.as_bytes());
        if self.ends_cell(bytes.get(close + 1)) {
            self.at = close + 1;
            return (Cell::Quoted(inner), None);
        }
        let line = self.line_of(begin, open);
        // Behind a separator or a line end it begins a cell itself.
        if close > open + 1 && self.ends_cell(bytes.get(close - 1)) {
            return (Cell::Bare(self.bare()), self.broken(open, line, None));
        }
        let end = self.line_of(begin, close);
        let cell = if end == line {
            self.at = close + 1;
            Cell::Broken(inner, self.bare())
        } else {
            let until = end_of_line(bytes, close);
            self.doubt = Some(Doubt { until, line });
            Cell::Bare(self.bare())
        };
        (cell, self.broken(open, line, Some(end)))
    }

    /// The cell from `open` to where the text has been read, as one whose marks are wrong.
    fn broken(&self, open: usize, begin: i32, end: Option<i32>) -> Option<Broken<'a>> {
        let text = &self.text[open..self.at];
        Some(Broken { text, begin, end })
    }

    /// Where the quoted cell is closed whose first mark was just taken.
    fn closing(&self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut from = self.at;
        loop {
            let mark = from + memchr(MARK, &bytes[from..])?;
            if bytes.get(mark + 1) != Some(&MARK) {
                return Some(mark);
            }
            from = mark + 2;
        }
    }

    /// Everything up to the end of the cell.
    fn bare(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let end = memchr3(self.separator, b'\n', b'\r', rest.as_bytes()).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Goes on when the next byte is this one.
    fn takes(&mut self, byte: u8) -> bool {
        let is_next = self.text.as_bytes().get(self.at) == Some(&byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn ends_cell(&self, byte: Option<&u8>) -> bool {
        byte.is_none_or(|byte| *byte == self.separator || matches!(byte, b'\n' | b'\r'))
    }

    /// The line of a place in the record that begins at `begin`.
    fn line_of(&self, begin: usize, at: usize) -> i32 {
        self.line
            .saturating_add(line_ends(&self.text.as_bytes()[begin..at]))
    }
}
