//! The texts that cells share, and how a text is written.

use std::borrow::Cow;

use super::super::{MAX_BYTES, SheetProblem};
use super::package::{MAX_PIECE, Package};
use super::xml::{Token, Xml, ends, is};

/// The most texts: more than a sheet of a hundred thousand rows has of forty columns.
const MAX_COUNT: usize = 4_000_000;

/// Texts, one behind the other: a list of as many strings would take several times the room.
#[derive(Default)]
pub(super) struct Strings {
    text: String,
    /// Where each ends.
    ends: Vec<u32>,
}

impl Strings {
    pub(super) fn read(package: &mut Package<'_>, part: Option<&str>) -> Result<Self, SheetProblem> {
        let mut strings = Self::default();
        let Some(part) = part else {
            return Ok(strings);
        };
        let opened = package.part(part)?.ok_or(SheetProblem::Damaged)?;
        let (mut xml, mut reading, mut one) = (Xml::new(opened), Runs::default(), String::new());
        loop {
            match xml.next()? {
                Token::Start(element) => reading.start(is(&element, "t"), is(&element, "rPh")),
                Token::Text(text) if reading.is_text() => one.push_str(&text),
                Token::End(element) if ends(&element, "si") => {
                    strings.push(&one)?;
                    one.clear();
                }
                Token::End(element) => reading.end(ends(&element, "t"), ends(&element, "rPh")),
                Token::Eof => return Ok(strings),
                Token::Text(_) | Token::Other => {}
            }
            // In many runs, of which none is.
            if one.len() > MAX_PIECE {
                return Err(SheetProblem::Oversized);
            }
        }
    }

    fn push(&mut self, one: &str) -> Result<(), SheetProblem> {
        let one = decoded(one);
        // Before there is made room for it.
        if self.text.len() + one.len() > MAX_BYTES || self.ends.len() == MAX_COUNT {
            return Err(SheetProblem::TooLong);
        }
        self.text.push_str(&one);
        self.ends
            .push(u32::try_from(self.text.len()).map_err(|_| SheetProblem::TooLong)?);
        Ok(())
    }

    /// How many bytes they take.
    pub(super) fn taken(&self) -> usize {
        self.text.len() + self.ends.len() * size_of::<u32>()
    }

    /// The text of this number.
    pub(super) fn get(&self, number: usize) -> Option<&str> {
        let end = *self.ends.get(number)?;
        let begin = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(begin as usize..end as usize)
    }
}

/// Where in a text that may have several formats one is: its runs count, what is to be read aloud does not.
#[derive(Default)]
pub(super) struct Runs {
    in_text: bool,
    in_phonetic: bool,
}

impl Runs {
    pub(super) fn start(&mut self, is_text: bool, is_phonetic: bool) {
        self.in_text |= is_text;
        self.in_phonetic |= is_phonetic;
    }

    pub(super) fn end(&mut self, is_text: bool, is_phonetic: bool) {
        self.in_text &= !is_text;
        self.in_phonetic &= !is_phonetic;
    }

    pub(super) fn is_text(&self) -> bool {
        self.in_text && !self.in_phonetic
    }
}

/// A text of which some characters are written as `_xHHHH_`; a text that holds those very signs begins them with
/// `_x005F_`.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains("_x") {
        return Cow::Borrowed(text);
    }
    let (mut decoded, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find("_x") {
        let (before, from) = rest.split_at(at);
        decoded.push_str(before);
        let digits = from.get(2..6).filter(|_| from.as_bytes().get(6) == Some(&b'_'));
        let is_hex = |digits: &&str| digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        match digits
            .filter(is_hex)
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
        {
            Some(code) => {
                decoded.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                rest = &from[7..];
            }
            None => {
                decoded.push_str("_x");
                rest = &from[2..];
            }
        }
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}
