//! From bytes to text: UTF-8, UTF-16 or Windows-1252.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use muster_text::is_unseen;

use super::lines::line_ends;
use super::{MAX_BYTES, SheetProblem};

/// Enough to tell UTF-16 by its zero bytes.
const SAMPLE: usize = 1024;
/// The end of a file, as DOS wrote it.
const END: char = '\u{1a}';

/// The text of a file.
pub(super) struct Text<'a> {
    whole: Cow<'a, str>,
    /// The encoding that was understood, by its name in the registry of IANA.
    pub(super) encoding: &'static str,
}

impl<'a> Text<'a> {
    /// Decodes a file.
    pub(super) fn of(bytes: &'a [u8]) -> Result<Self, SheetProblem> {
        if bytes.is_empty() {
            return Err(SheetProblem::Empty);
        }
        let marked = Encoding::for_bom(bytes).or_else(|| Some((utf_16_without_mark(bytes)?, 0)));
        let (encoding, mark) = match marked {
            Some(marked) => marked,
            None => (without_mark(bytes)?, 0),
        };
        let whole = decoded(encoding, &bytes[mark..])?;
        if whole.contains('\0') {
            return Err(SheetProblem::Binary);
        }
        let encoding = encoding.name();
        Ok(Self { whole, encoding })
    }

    /// The text between what only marks its beginning and its end. A program that puts a byte order mark before a text
    /// does not look whether there is one.
    pub(super) fn body(&self) -> &str {
        let begun = self.whole.trim_start_matches(is_unseen);
        let ended = begun.trim_end_matches(['\r', '\n']);
        if ended.ends_with(END) {
            ended.trim_end_matches(END)
        } else {
            begun
        }
    }
}

fn decoded<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Result<Cow<'a, str>, SheetProblem> {
    if encoding == UTF_8 {
        let text = std::str::from_utf8(bytes);
        return text
            .map(Cow::Borrowed)
            .map_err(|error| in_doubt(bytes, error.valid_up_to()));
    }
    // One byte may become three, so that a small file could be a large text: it is given up as soon as it is longer than
    // a file may be.
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let longest = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
    let mut text = String::with_capacity(longest.unwrap_or(MAX_BYTES).min(MAX_BYTES));
    match decoder
        .decode_to_string_without_replacement(bytes, &mut text, true)
        .0
    {
        DecoderResult::InputEmpty => Ok(Cow::Owned(text)),
        DecoderResult::OutputFull => Err(SheetProblem::TooLong),
        DecoderResult::Malformed(..) => Err(SheetProblem::Encoding(1 + line_ends(text.as_bytes()))),
    }
}

/// UTF-8, or what older spreadsheet programs write on Windows. Nearly every byte has a meaning in that, so it is only
/// believed where nothing speaks against it: no letter of several bytes of UTF-8, and none of the five bytes that mean
/// nothing. One stray byte must not make other people's addresses of a whole file.
fn without_mark(bytes: &[u8]) -> Result<&'static Encoding, SheetProblem> {
    let Err(error) = std::str::from_utf8(bytes) else {
        return Ok(UTF_8);
    };
    if bytes.utf8_chunks().any(|chunk| !chunk.valid().is_ascii()) {
        return Err(in_doubt(bytes, error.valid_up_to()));
    }
    let is_unassigned = |byte: &u8| matches!(byte, 0x81 | 0x8d | 0x8f | 0x90 | 0x9d);
    match bytes.iter().position(is_unassigned) {
        Some(at) => Err(in_doubt(bytes, at)),
        None => Ok(WINDOWS_1252),
    }
}

fn in_doubt(bytes: &[u8], at: usize) -> SheetProblem {
    SheetProblem::Encoding(1 + line_ends(&bytes[..at]))
}

/// Text in a Latin script has a zero in every second byte of its UTF-16.
fn utf_16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
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
