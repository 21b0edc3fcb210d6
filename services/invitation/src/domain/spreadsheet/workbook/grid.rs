//! The cells of a sheet, row after row.

use super::super::SheetProblem;
use super::super::cell::{Cell, Shown, Visit};
use super::package::Package;
use super::strings::{Runs, Strings, decoded};
use super::styles::Styles;
use super::xml::{Token, Xml, attributes, ends, is, is_true};

/// The most rows and columns of a sheet.
const MAX_ROW: i32 = 1_048_576;
const MAX_COLUMN: usize = 16_384;
/// How much of a cell's text is kept, in bytes: more than any can have.
const MAX_TEXT: usize = 256 * 1024;

/// The rows of a sheet that are not read yet.
pub(super) struct Grid<'p, 'a> {
    xml: Xml<'p, 'a>,
    strings: &'p Strings,
    styles: &'p Styles,
    /// The number of the row that was read last, as programs show it.
    row: i32,
    text: String,
}

/// A row that was read.
pub(super) struct Ended {
    /// Its number, as programs show it.
    pub(super) number: i32,
    pub(super) is_hidden: bool,
}

/// What a cell says of itself.
#[derive(Default)]
struct Said {
    kind: Kind,
    format: Option<String>,
    /// A formula stands in it.
    is_computed: bool,
    /// A value stands in it, perhaps an empty one.
    has_value: bool,
}

/// How a cell's value is written.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Kind {
    #[default]
    Number,
    /// The number of a shared text.
    Shared,
    /// In the cell itself.
    Inline,
    /// What a formula came to.
    Text,
    Bool,
    Error,
    /// A day as ISO 8601 has it.
    Day,
}

impl<'p, 'a> Grid<'p, 'a> {
    pub(super) fn open(
        package: &'p mut Package<'a>,
        part: &str,
        strings: &'p Strings,
        styles: &'p Styles,
    ) -> Result<Self, SheetProblem> {
        let part = package.part(part)?.ok_or(SheetProblem::Damaged)?;
        Ok(Self {
            xml: Xml::new(part),
            strings,
            styles,
            row: 0,
            text: String::new(),
        })
    }

    /// Reads the next row in which there is something to see. Rows without cells cost their markup, however many there
    /// are. `None` at the end of the sheet.
    pub(super) fn next_filled(
        &mut self,
        visit: &mut impl for<'t> Visit<'t>,
    ) -> Result<Option<Ended>, SheetProblem> {
        loop {
            match self.xml.next()? {
                Token::Start(element) if is(&element, "row") => {
                    let [number, hidden] = attributes(&element, ["r", "hidden"])?;
                    let next = self.row + 1;
                    let number = number.map_or(Some(next), |number| number.trim().parse().ok());
                    // Twice the same, or backwards: who looks at the sheet sees another order.
                    let number = number.filter(|number| (next..=MAX_ROW).contains(number));
                    self.row = number.ok_or(SheetProblem::Damaged)?;
                    let is_hidden = is_true(hidden.as_deref());
                    visit.begin();
                    if self.cells(visit)? {
                        let number = self.row;
                        return Ok(Some(Ended { number, is_hidden }));
                    }
                }
                Token::Eof => return Ok(None),
                _ => {}
            }
        }
    }

    /// The cells up to the end of the row: whether there is something to see in any.
    fn cells(&mut self, visit: &mut impl for<'t> Visit<'t>) -> Result<bool, SheetProblem> {
        let (mut next, mut is_filled) = (0, false);
        loop {
            let (column, said) = match self.xml.next()? {
                Token::Start(element) if is(&element, "c") => {
                    let [place, format, kind] = attributes(&element, ["r", "s", "t"])?;
                    let column = match place {
                        Some(place) => column(&place)?,
                        None => next,
                    };
                    let said = Said {
                        kind: Kind::of(kind.as_deref()),
                        format: format.map(std::borrow::Cow::into_owned),
                        ..Said::default()
                    };
                    (column, said)
                }
                Token::End(element) if ends(&element, "row") => return Ok(is_filled),
                Token::Eof => return Err(SheetProblem::Damaged),
                _ => continue,
            };
            if column >= MAX_COLUMN {
                return Err(SheetProblem::Damaged);
            }
            let said = self.content(said)?;
            let cell = Cell::OfSheet(self.row, self.shown(&said)?);
            is_filled |= !cell.is_blank();
            visit.cell(column, cell);
            next = column + 1;
        }
    }

    /// Reads up to the end of the cell: its text is what counts.
    fn content(&mut self, mut said: Said) -> Result<Said, SheetProblem> {
        let (mut in_value, mut runs) = (false, Runs::default());
        self.text.clear();
        loop {
            match self.xml.next()? {
                Token::Start(element) if is(&element, "v") => (in_value, said.has_value) = (true, true),
                Token::Start(element) if is(&element, "f") => said.is_computed = true,
                Token::Start(element) => runs.start(is(&element, "t"), is(&element, "rPh")),
                Token::Text(text) => {
                    let is_wanted = if said.kind == Kind::Inline {
                        runs.is_text()
                    } else {
                        in_value
                    };
                    if is_wanted && self.text.len() < MAX_TEXT {
                        self.text.push_str(&text);
                    }
                }
                Token::End(element) if ends(&element, "c") => return Ok(said),
                Token::End(element) => {
                    in_value &= !ends(&element, "v");
                    runs.end(ends(&element, "t"), ends(&element, "rPh"));
                }
                Token::Eof => return Err(SheetProblem::Damaged),
                Token::Other => {}
            }
        }
    }

    /// What is seen in the cell whose content was read last.
    fn shown(&mut self, said: &Said) -> Result<Shown<'_>, SheetProblem> {
        let is_empty = self.text.trim().is_empty();
        match said.kind {
            Kind::Number if is_empty && said.is_computed => return Ok(Shown::Uncomputed),
            Kind::Text if !said.has_value && said.is_computed => return Ok(Shown::Uncomputed),
            Kind::Error => return Ok(Shown::Error(&self.text)),
            Kind::Shared if !is_empty => {
                let number = self.text.trim().parse().ok();
                let text = number.and_then(|number| self.strings.get(number));
                return text.map(Shown::Text).ok_or(SheetProblem::Damaged);
            }
            Kind::Number if !is_empty => {
                let shape = self.styles.shape(said.format.as_deref());
                self.text = shape.text(&self.text, self.styles.is_1904);
            }
            Kind::Inline | Kind::Text => {
                if let std::borrow::Cow::Owned(text) = decoded(&self.text) {
                    self.text = text;
                }
            }
            Kind::Bool if self.text.trim() == "1" => "TRUE".clone_into(&mut self.text),
            Kind::Bool if self.text.trim() == "0" => "FALSE".clone_into(&mut self.text),
            Kind::Number | Kind::Shared | Kind::Bool | Kind::Day => {}
        }
        Ok(Shown::Text(&self.text))
    }
}

impl Kind {
    fn of(word: Option<&str>) -> Self {
        match word {
            Some("s") => Self::Shared,
            Some("inlineStr") => Self::Inline,
            Some("str") => Self::Text,
            Some("b") => Self::Bool,
            Some("e") => Self::Error,
            Some("d") => Self::Day,
            _ => Self::Number,
        }
    }
}

/// The column of a place such as `B7`, from 0.
pub(super) fn column(place: &str) -> Result<usize, SheetProblem> {
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic);
    let number = letters.fold(0_usize, |number, letter| {
        let letter = usize::from(letter.to_ascii_uppercase() - b'A');
        // As large as it may be is refused, whatever follows.
        (number * 26 + letter + 1).min(MAX_COLUMN + 1)
    });
    number.checked_sub(1).ok_or(SheetProblem::Damaged)
}
