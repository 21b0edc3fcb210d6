//! Text that a spreadsheet program would take for a formula.
//!
//! Whoever opens a file that we write opens what others typed. A cell that begins like a formula gets an apostrophe before
//! it, which the reader takes away again: what is written and read is the same text.

use std::borrow::Cow;

const MARK: char = '\'';

/// The text as a cell that no program computes.
pub(crate) fn guarded(text: &str) -> Cow<'_, str> {
    if begins_one(text) {
        Cow::Owned(format!("{MARK}{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text that was guarded. An apostrophe before anything else belongs to the text.
pub(super) fn unguarded(text: &str) -> &str {
    match text.strip_prefix(MARK) {
        Some(guarded) if begins_one(guarded) => guarded,
        _ => text,
    }
}

/// Whether a formula begins behind any apostrophes: those count too, so that none of them is lost on the way back.
fn begins_one(text: &str) -> bool {
    text.trim_start_matches(MARK)
        .starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_guarded_is_read_as_it_was() {
        let texts = [
            "",
            "a",
            "'",
            "''",
            "'a",
            "=1+1",
            "+a@b.test",
            "-a",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "'=1",
            "''=1",
            "a=1",
            "= ",
        ];
        for text in texts {
            assert_eq!(unguarded(&guarded(text)), text, "{text:?}");
            assert!(
                !guarded(text).starts_with(['=', '+', '-', '@', '\t', '\r']),
                "{text:?}"
            );
        }
    }
}
