//! The addresses that stand behind cells as links.

use std::collections::{HashMap, HashSet};

use super::super::SheetProblem;
use super::grid::column;
use super::package::Package;
use super::parts::relations;
use super::xml::{Token, Xml, attributes, is};

/// The most links that are looked at; no program writes more.
const MAX_LINKS: usize = 66_000;
/// The longest id of a link, in bytes.
const MAX_ID: usize = 255;

/// The addresses that wanted cells are linked to, each with its row. A cell is told by its row, as programs show it, and
/// its column.
pub(super) fn addresses(
    package: &mut Package<'_>,
    part: &str,
    is_wanted: impl Fn(i32, usize) -> bool,
) -> Result<Vec<(i32, String)>, SheetProblem> {
    let linked = linked(package, part, is_wanted)?;
    if linked.is_empty() {
        return Ok(Vec::new());
    }
    let ids: HashSet<&str> = linked.values().map(String::as_str).collect();
    let is_target = |id: &str, kind: &str| kind == "hyperlink" && ids.contains(id);
    let targets = relations(package, part, is_target)?;
    let found = linked.iter().filter_map(|(row, id)| {
        let target = targets.get(id)?;
        let (scheme, address) = target.target.split_once(':')?;
        let address = address.split('?').next().unwrap_or_default();
        scheme
            .eq_ignore_ascii_case("mailto")
            .then(|| (*row, address.to_owned()))
    });
    Ok(found.collect())
}

/// Which relation each wanted cell is linked by.
fn linked(
    package: &mut Package<'_>,
    part: &str,
    is_wanted: impl Fn(i32, usize) -> bool,
) -> Result<HashMap<i32, String>, SheetProblem> {
    let (mut linked, mut count) = (HashMap::new(), 0);
    let Some(opened) = package.part(part)? else {
        return Ok(linked);
    };
    let mut xml = Xml::new(opened);
    loop {
        match xml.next()? {
            Token::Start(element) if is(&element, "hyperlink") => {
                count += 1;
                let [place, id] = attributes(&element, ["ref", "id"])?;
                let (Some(place), Some(id)) = (place, id) else {
                    continue;
                };
                let row = place
                    .trim_start_matches(|c: char| c.is_ascii_alphabetic())
                    .parse();
                let (Ok(row), Ok(column)) = (row, column(&place)) else {
                    // Of several cells, or of none.
                    continue;
                };
                if id.len() <= MAX_ID && is_wanted(row, column) {
                    linked.insert(row, id.into_owned());
                }
            }
            Token::Eof => return Ok(linked),
            _ => {}
        }
        if count > MAX_LINKS {
            return Ok(linked);
        }
    }
}
