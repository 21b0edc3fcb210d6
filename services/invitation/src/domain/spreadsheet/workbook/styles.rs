//! How numbers are shown: which of them are days and times.

use std::collections::HashMap;

use super::super::SheetProblem;
use super::number::Shape;
use super::package::Package;
use super::xml::{Token, Xml, attributes, ends, is};

/// The most formats of cells; no program writes more.
const MAX_FORMATS: usize = 65_536;
/// How much of a format's code is looked at, in bytes.
const MAX_CODE: usize = 1_000;

/// The formats of cells.
#[derive(Default)]
pub(super) struct Styles {
    shapes: Vec<Shape>,
    pub(super) is_1904: bool,
}

impl Styles {
    pub(super) fn read(
        package: &mut Package<'_>,
        part: Option<&str>,
        is_1904: bool,
    ) -> Result<Self, SheetProblem> {
        let mut styles = Self {
            shapes: Vec::new(),
            is_1904,
        };
        let Some(opened) = part.map(|part| package.part(part)).transpose()?.flatten() else {
            return Ok(styles);
        };
        let (mut xml, mut named, mut of_cells) = (Xml::new(opened), HashMap::new(), false);
        loop {
            match xml.next()? {
                Token::Start(element) if is(&element, "numFmt") => {
                    let [id, code] = attributes(&element, ["numFmtId", "formatCode"])?;
                    let id = id.and_then(|id| id.parse::<u32>().ok());
                    if let (Some(id), Some(code)) = (id, code)
                        && named.len() < MAX_FORMATS
                    {
                        let code = code.get(..MAX_CODE).unwrap_or(&code);
                        named.insert(id, Shape::of_code(code));
                    }
                }
                Token::Start(element) if is(&element, "cellXfs") => of_cells = true,
                Token::End(element) if ends(&element, "cellXfs") => of_cells = false,
                Token::Start(element) if of_cells && is(&element, "xf") => {
                    let [id] = attributes(&element, ["numFmtId"])?;
                    let id = id.and_then(|id| id.parse::<u32>().ok()).unwrap_or_default();
                    let shape = named.get(&id).copied();
                    if styles.shapes.len() < MAX_FORMATS {
                        styles.shapes.push(shape.unwrap_or_else(|| Shape::built_in(id)));
                    }
                }
                Token::Eof => return Ok(styles),
                _ => {}
            }
        }
    }

    /// How a cell of this format shows a number.
    pub(super) fn shape(&self, format: Option<&str>) -> Shape {
        let number = format.and_then(|format| format.parse::<usize>().ok());
        let shape = number.or(Some(0)).and_then(|number| self.shapes.get(number));
        shape.copied().unwrap_or_default()
    }
}
