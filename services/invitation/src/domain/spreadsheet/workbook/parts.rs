//! What a workbook says of its sheets, and where they are.

use std::collections::HashMap;

use super::super::SheetProblem;
use super::package::{Package, relations_of, resolved};
use super::xml::{Token, Xml, attributes, is, is_true};

/// The most sheets that are read.
const MAX_LISTED: usize = 10_000;
/// The longest name of a part that is followed, in bytes.
const MAX_PART: usize = 255;
/// The longest word of a relation that is kept, in bytes: more than an address has, with what a mail to it would begin with.
const MAX_WORD: usize = 1_024;
/// The most bytes of relations that are kept at a time, and what each takes beside its words.
const MAX_RELATIONS: usize = 16 * 1024 * 1024;
const RELATION: usize = 128;
/// How much of the name of a sheet is told, in characters: no program takes more than 31.
const MAX_NAME: usize = 80;
/// Where the workbook is where nothing says so.
const USUAL: &str = "xl/workbook.xml";

/// What a workbook says.
pub(super) struct Book {
    /// The sheets with cells, in their order.
    pub(super) sheets: Vec<Listed>,
    /// The part of the shared texts.
    pub(super) strings: Option<String>,
    /// The part of the formats of cells.
    pub(super) styles: Option<String>,
    /// Whether days are counted from 1904.
    pub(super) is_1904: bool,
}

/// A sheet in the list.
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) part: String,
    pub(super) is_visible: bool,
}

/// One relation of a part.
pub(super) struct Relation {
    /// The last word of its kind.
    kind: String,
    /// The part, or what stands outside of the file.
    pub(super) target: String,
}

impl Book {
    pub(super) fn read(package: &mut Package<'_>) -> Result<Self, SheetProblem> {
        let part = place(package)?;
        let mut relations = relations(package, &part, |_, _| true)?;
        let other = other_program(package);
        let Some(opened) = package.part(&part)? else {
            return Err(other);
        };
        let (mut xml, mut sheets, mut is_1904, mut is_root) = (Xml::new(opened), Vec::new(), false, true);
        loop {
            match xml.next()? {
                Token::Start(element) if std::mem::take(&mut is_root) && !is(&element, "workbook") => {
                    return Err(other);
                }
                Token::Start(element) if is(&element, "workbookPr") => {
                    let [date] = attributes(&element, ["date1904"])?;
                    is_1904 = is_true(date.as_deref());
                }
                Token::Start(element) if is(&element, "sheet") => {
                    let [name, id, state] = attributes(&element, ["name", "id", "state"])?;
                    let relation = id.and_then(|id| relations.remove(&*id));
                    let Some(relation) = relation.filter(|relation| relation.kind == "worksheet") else {
                        // A chart, a dialog, or macros of the last century.
                        continue;
                    };
                    if relation.target.len() > MAX_PART {
                        return Err(SheetProblem::Damaged);
                    }
                    sheets.push(Listed {
                        name: named(name.as_deref()),
                        part: resolved(&part, &relation.target),
                        is_visible: !matches!(state.as_deref(), Some("hidden" | "veryHidden")),
                    });
                }
                Token::Eof => break,
                _ => {}
            }
            if sheets.len() > MAX_LISTED {
                return Err(SheetProblem::Damaged);
            }
        }
        let of_kind = |kind| {
            let found = relations.values().find(|relation| relation.kind == kind);
            found.map(|relation| resolved(&part, &relation.target))
        };
        Ok(Self {
            strings: of_kind("sharedStrings"),
            styles: of_kind("styles"),
            sheets,
            is_1904,
        })
    }
}

/// A name to tell, on one line; never empty.
fn named(name: Option<&str>) -> String {
    let name = muster_text::cleaned(name.unwrap_or_default());
    let name: String = name.chars().take(MAX_NAME).collect();
    if name.is_empty() { "?".to_owned() } else { name }
}

/// The part that is the workbook.
fn place(package: &mut Package<'_>) -> Result<String, SheetProblem> {
    let found = relations(package, "", |_, kind| kind == "officeDocument")?;
    let target = found
        .into_values()
        .next()
        .map(|relation| resolved("", &relation.target));
    Ok(target
        .filter(|part| part.ends_with(".xml") && part.len() <= MAX_PART)
        .unwrap_or_else(|| USUAL.to_owned()))
}

/// The relations of a part that are wanted, of this id and kind, by their id.
pub(super) fn relations(
    package: &mut Package<'_>,
    part: &str,
    is_wanted: impl Fn(&str, &str) -> bool,
) -> Result<HashMap<String, Relation>, SheetProblem> {
    let (mut found, mut taken) = (HashMap::new(), 0);
    let Some(opened) = package.part(&relations_of(part))? else {
        return Ok(found);
    };
    let mut xml = Xml::new(opened);
    loop {
        match xml.next()? {
            Token::Start(element) if is(&element, "Relationship") => {
                let [id, kind, target] = attributes(&element, ["Id", "Type", "Target"])?;
                let (Some(id), Some(kind), Some(target)) = (id, kind, target) else {
                    continue;
                };
                let kind = kind.rsplit('/').next().unwrap_or_default();
                let words = [&*id, kind, &*target];
                // What no program writes leads nowhere.
                if words.iter().any(|word| word.len() > MAX_WORD) || !is_wanted(&id, kind) {
                    continue;
                }
                taken += words.iter().map(|word| word.len()).sum::<usize>() + RELATION;
                if taken > MAX_RELATIONS {
                    return Err(SheetProblem::Damaged);
                }
                let relation = Relation {
                    kind: kind.to_owned(),
                    target: target.into_owned(),
                };
                found.insert(id.into_owned(), relation);
            }
            Token::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// Which other kind of file it is that has no workbook in it.
fn other_program(package: &Package<'_>) -> SheetProblem {
    if package.has("xl/workbook.bin") {
        SheetProblem::BinaryWorkbook
    } else if package.has("content.xml") {
        SheetProblem::OpenDocument
    } else if package.has("Index/Document.iwa") || package.has("Index.zip") {
        SheetProblem::Numbers
    } else {
        SheetProblem::Archive
    }
}
