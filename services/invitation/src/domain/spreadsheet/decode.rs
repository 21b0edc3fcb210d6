//! From bytes to text: UTF-8, UTF-16 or Windows-1252.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::{MAX_BYTES, SheetProblem};

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
    let text = match Encoding::for_bom(bytes).or_else(|| Some((utf_16_without_mark(bytes)?, 0))) {
        Some((encoding, mark)) if encoding == UTF_8 => {
            Cow::Borrowed(std::str::from_utf8(&bytes[mark..]).map_err(|_| SheetProblem::Binary)?)
        }
        Some((encoding, mark)) => Cow::Owned(decoded(encoding, &bytes[mark..])?),
        None => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            // What older spreadsheet programs write on Windows; every byte has a meaning in it.
            Err(_) => Cow::Owned(decoded(WINDOWS_1252, bytes)?),
        },
    };
    if text.contains('\0') {
        Err(SheetProblem::Binary)
    } else {
        Ok(text)
    }
}

/// The bytes as text. One byte may become three, so that a small file could be a large text: it is given up as soon as
/// it is longer than a file may be.
fn decoded(encoding: &'static Encoding, bytes: &[u8]) -> Result<String, SheetProblem> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let longest = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
    let mut text = String::with_capacity(longest.unwrap_or(MAX_BYTES).min(MAX_BYTES));
    match decoder
        .decode_to_string_without_replacement(bytes, &mut text, true)
        .0
    {
        DecoderResult::InputEmpty => Ok(text),
        DecoderResult::OutputFull => Err(SheetProblem::TooLong),
        DecoderResult::Malformed(..) => Err(SheetProblem::Binary),
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
