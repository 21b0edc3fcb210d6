//! What a file is, by its bytes: names lie.

use super::SheetProblem;

const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0";
/// How web pages and XML begin.
const MARKUP: [&str; 9] = [
    "<!doctype",
    "<html",
    "<?xml",
    "<head",
    "<meta",
    "<body",
    "<style",
    "<table",
    "<!--",
];

/// What can be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Workbook,
}

impl Kind {
    /// What the bytes are. Files of other programs that are known are refused with what to do.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, SheetProblem> {
        if ZIP.iter().any(|sign| bytes.starts_with(sign)) {
            Ok(Self::Workbook)
        } else if bytes.starts_with(COMPOUND) {
            Err(compound(bytes))
        } else {
            Ok(Self::Text)
        }
    }
}

/// Whether a text is a web page or XML: some programs call that a spreadsheet.
pub(super) fn is_markup(text: &str) -> bool {
    let begun = text.trim_start();
    MARKUP.iter().any(|sign| {
        let begin = begun.get(..sign.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(sign))
    })
}

/// What a compound file holds, by the names in its list of streams: entries of 128 bytes that begin with the name, and have
/// its length, with its end, behind it.
fn compound(bytes: &[u8]) -> SheetProblem {
    let has = |name: &str| {
        let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let length = u16::try_from(units.len() + 2).unwrap_or_default().to_le_bytes();
        bytes
            .chunks_exact(128)
            .any(|entry| entry.starts_with(&units) && entry[64..66] == length)
    };
    if has("EncryptedPackage") {
        SheetProblem::Encrypted
    } else if has("Workbook") || has("Book") {
        SheetProblem::OldWorkbook
    } else {
        SheetProblem::OldDocument
    }
}
