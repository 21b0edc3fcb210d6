//! Text that a spreadsheet program would take for a formula.
//!
//! Whoever opens a file that we write opens what others typed. A cell that begins like a formula gets an apostrophe before
//! it, which our own readers take away again: what is written and read is the same text.

use std::borrow::Cow;

const MARK: char = '\'';
/// What a spreadsheet program takes for the beginning of a formula, in its wide forms too.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// The text as a cell that no program computes.
#[must_use]
pub fn guarded(text: &str) -> Cow<'_, str> {
    if begins_one(text) {
        Cow::Owned(format!("{MARK}{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text that was guarded. An apostrophe before anything else belongs to the text.
#[must_use]
pub fn unguarded(text: &str) -> &str {
    match text.strip_prefix(MARK) {
        Some(guarded) if begins_one(guarded) => guarded,
        _ => text,
    }
}

/// Whether a formula begins behind any apostrophes: those count too, so that none of them is lost on the way back.
fn begins_one(text: &str) -> bool {
    let bare = text.trim_start_matches(MARK);
    bare.starts_with(['\t', '\r', '\n']) || bare.trim_start().starts_with(FORMULA)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_is_none() {
        for armed in [
            "=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", "\nx", "＝1", "'=1",
        ] {
            assert_eq!(guarded(armed), format!("'{armed}"));
        }
        for harmless in ["Ada", "1-2", "a=b", "", "’", "'", "'Ada"] {
            assert_eq!(guarded(harmless), harmless);
        }
    }

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
            "\n",
            "'=1",
            "''=1",
            "a=1",
            "= ",
            "' =1",
            " '=1",
            "＝1",
            "'＝1",
        ];
        for text in texts {
            assert_eq!(unguarded(&guarded(text)), text, "{text:?}");
            assert!(!guarded(text).trim_start().starts_with(FORMULA), "{text:?}");
        }
    }
}
