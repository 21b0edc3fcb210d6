//! Markup, one token after the other.

use std::borrow::Cow;

use quick_xml::events::{BytesEnd, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::super::SheetProblem;
use super::package::Part;

/// How deep elements stand in each other, at most, and how long the name of each is, in bytes: those that are open are kept.
const MAX_DEPTH: usize = 64;
const MAX_NAME: usize = 255;

/// The markup of a part.
pub(super) struct Xml<'p, 'a> {
    reader: Reader<Part<'p, 'a>>,
    piece: Vec<u8>,
    depth: usize,
}

/// What is read at a time. An element without content begins and ends.
pub(super) enum Token<'t> {
    Start(BytesStart<'t>),
    End(BytesEnd<'t>),
    Text(Cow<'t, str>),
    /// Nothing that a workbook says anything with.
    Other,
    /// The end of the part.
    Eof,
}

impl<'p, 'a> Xml<'p, 'a> {
    pub(super) fn new(part: Part<'p, 'a>) -> Self {
        let mut reader = Reader::from_reader(part);
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            piece: Vec::new(),
            depth: 0,
        }
    }

    /// The next token. Names are compared without their prefix: programs choose it as they like.
    pub(super) fn next(&mut self) -> Result<Token<'_>, SheetProblem> {
        self.piece.clear();
        self.reader.get_mut().begin_piece();
        let event = match self.reader.read_event_into(&mut self.piece) {
            Ok(event) => event,
            Err(_) => return Err(self.reader.get_ref().problem()),
        };
        Ok(match event {
            Event::Start(start) => {
                self.depth += 1;
                if self.depth > MAX_DEPTH || start.name().into_inner().len() > MAX_NAME {
                    return Err(SheetProblem::Damaged);
                }
                Token::Start(start)
            }
            Event::End(end) => {
                self.depth = self.depth.saturating_sub(1);
                Token::End(end)
            }
            Event::Text(text) => Token::Text(text.xml10_content()),
            Event::CData(text) => Token::Text(text.xml10_content()),
            Event::GeneralRef(name) => Token::Text(Cow::Owned(meant(&name)?.to_string())),
            // Names of their own for texts, which may be anything: no program writes them.
            Event::DocType(_) => return Err(SheetProblem::Damaged),
            Event::Eof if self.depth > 0 => return Err(SheetProblem::Damaged),
            Event::Eof => Token::Eof,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => Token::Other,
        })
    }
}

/// The character that a reference names.
fn meant(name: &quick_xml::events::BytesRef<'_>) -> Result<char, SheetProblem> {
    match name.resolve_char_ref() {
        Ok(Some(char)) => return Ok(char),
        Ok(None) => {}
        Err(_) => return Err(SheetProblem::Damaged),
    }
    match name.as_ref() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(SheetProblem::Damaged),
    }
}

/// Whether the element is called so.
pub(super) fn is(element: &BytesStart<'_>, name: &str) -> bool {
    element.local_name().as_ref() == name
}

/// Whether the element that ends is called so.
pub(super) fn ends(element: &BytesEnd<'_>, name: &str) -> bool {
    element.local_name().as_ref() == name
}

/// What an element says of itself by these names, in their order.
pub(super) fn attributes<'e, const N: usize>(
    element: &'e BytesStart<'_>,
    names: [&str; N],
) -> Result<[Option<Cow<'e, str>>; N], SheetProblem> {
    let mut found = [const { None }; N];
    // Looked for twice, a name would cost the square of how many there are.
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.map_err(|_| SheetProblem::Damaged)?;
        let place = names
            .iter()
            .position(|name| *name == attribute.key.local_name().as_ref());
        if let Some(place) = place {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            found[place] = Some(value.map_err(|_| SheetProblem::Damaged)?);
        }
    }
    Ok(found)
}

/// Yes or no, as workbooks say it.
pub(super) fn is_true(value: Option<&str>) -> bool {
    matches!(value, Some("1" | "true" | "on"))
}
