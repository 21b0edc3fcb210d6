//! What stands between the cells, and which columns are found by it.

use muster_text::visible;

use super::SheetProblem;
use super::header::Columns;
use super::lines::end_of_line;
use super::records::Records;

const COMMON: [u8; 3] = [b',', b';', b'\t'];
/// What some programs fill the line `sep=;` up with, or put round it.
const PADDING: &str = ",;|\"";

/// The columns and the records behind the header. The separator is the one that the file itself names, if the header
/// can be read by it; else the one under which the header makes the most sense.
pub(super) fn header(text: &str) -> Result<(Columns, Records<'_>), SheetProblem> {
    let (lines_before, text, said) = said(text);
    let others = COMMON.into_iter().filter(|common| Some(*common) != said);
    let mut best: Option<(usize, Columns, Records<'_>)> = None;
    let mut telling: Option<(usize, SheetProblem)> = None;
    for separator in said.into_iter().chain(others) {
        let mut records = Records::new(text, separator, lines_before);
        let (known, found) = Columns::read(&mut records)?;
        match found {
            Ok(columns) if said == Some(separator) => return Ok((columns, records)),
            Ok(columns) if best.as_ref().is_none_or(|(most, ..)| known > *most) => {
                best = Some((known, columns, records));
            }
            Ok(_) => {}
            // The problem under the separator that found more is the one worth telling.
            Err(problem) if telling.as_ref().is_none_or(|(most, _)| known > *most) => {
                telling = Some((known, problem));
            }
            Err(_) => {}
        }
    }
    match (best, telling) {
        (Some((_, columns, records)), _) => Ok((columns, records)),
        (None, Some((_, problem))) => Err(problem),
        (None, None) => Err(SheetProblem::Empty),
    }
}

/// A first line `sep=;` tells spreadsheet programs the separator: how many lines it takes, the text after it, the
/// separator. Programs that read it as a row write it back quoted, padded to the width of the sheet, or with a capital.
fn said(text: &str) -> (i32, &str, Option<u8>) {
    let end = end_of_line(text.as_bytes(), 0);
    let line = visible(&text[..end]);
    let bare = line.trim_matches([' ', '\u{a0}', '"']);
    let named = bare
        .split_at_checked(4)
        .filter(|(name, _)| name.eq_ignore_ascii_case("sep="));
    let Some((_, value)) = named else {
        return (0, text, None);
    };
    let mut value = value.chars();
    let first = value.next();
    let separator = first.and_then(|c| u8::try_from(c).ok());
    let is_padded = value.all(|c| c.is_whitespace() || PADDING.contains(c) || Some(c) == first);
    if !is_padded || separator.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte >= 0x80) {
        return (0, text, None);
    }
    let rest = &text[end..];
    let rest = rest.strip_prefix("\r\n").or_else(|| rest.get(1..));
    (
        1,
        rest.unwrap_or_default(),
        separator.filter(|byte| *byte != b'"'),
    )
}
