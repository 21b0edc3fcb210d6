//! From bytes to text: UTF-8, UTF-16 or Windows-1252.

use std::borrow::Cow;

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::SheetProblem;

const ZIP: &[u8] = b"PK\x03\x04";
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0";
/// Enough to tell UTF-16 by its zero bytes.
const SAMPLE: usize = 1024;

/// The text of a file. Program files that only look like spreadsheets are refused with what to do.
pub(super) fn text(bytes: &[u8]) -> Result<Cow<'_, str>, SheetProblem> {
    if bytes.is_empty() {
        return Err(SheetProblem::Empty);
    }
    if bytes.starts_with(ZIP) || bytes.starts_with(COMPOUND) {
        return Err(SheetProblem::Workbook);
    }
    let text = match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, _)) => strictly(encoding, bytes)?,
        None => match utf_16_without_mark(bytes) {
            Some(encoding) => strictly(encoding, bytes)?,
            None => match std::str::from_utf8(bytes) {
                Ok(text) => Cow::Borrowed(text),
                // What older spreadsheet programs write on Windows; every byte has a meaning in it.
                Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
            },
        },
    };
    if text.contains('\0') {
        Err(SheetProblem::Binary)
    } else {
        Ok(text)
    }
}

fn strictly<'a>(
    encoding: &'static encoding_rs::Encoding,
    bytes: &'a [u8],
) -> Result<Cow<'a, str>, SheetProblem> {
    debug_assert!(encoding == UTF_8 || encoding == UTF_16LE || encoding == UTF_16BE);
    let (text, had_errors) = encoding.decode_with_bom_removal(bytes);
    if had_errors {
        Err(SheetProblem::Binary)
    } else {
        Ok(text)
    }
}

/// Text in a Latin script has a zero in every second byte of its UTF-16.
fn utf_16_without_mark(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let sample = &bytes[..bytes.len().min(SAMPLE) & !1];
    if sample.len() < 4 {
        return None;
    }
    let zeros = |offset: usize| {
        sample
            .iter()
            .skip(offset)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let most = sample.len() / 2 * 9 / 10;
    match (zeros(0), zeros(1)) {
        (0, odd) if odd >= most => Some(UTF_16LE),
        (even, 0) if even >= most => Some(UTF_16BE),
        _ => None,
    }
}
