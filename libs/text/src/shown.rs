//! Repeating to people what they typed.

use std::fmt::Write as _;

use crate::CodePoint;
use crate::unseen::{breaks_line, is_misplaced};

/// The text as it is repeated to people: on one line, at most `most` characters (at least 1), which end with `\u{2026}` where
/// there is more of it. What is misplaced in it ([`misplaced`](crate::misplaced)), ends a line or steers a device stands by its
/// number, such as `[U+200B]`.
#[must_use]
pub fn shown(text: &str, most: usize) -> String {
    let (mut shown, mut count) = (String::new(), 0);
    // Up to where there is room for one more character.
    let mut cut = 0;
    for (at, c) in text.char_indices() {
        let begin = shown.len();
        if breaks_line(c) || is_misplaced(text, at, c) {
            // Writing into a text does not fail.
            let _ = write!(shown, "[{}]", CodePoint(c));
        } else {
            shown.push(c);
        }
        count += shown[begin..].chars().count();
        if count > most {
            shown.truncate(cut);
            shown.push('\u{2026}');
            break;
        }
        if count < most {
            cut = shown.len();
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_stands_by_its_number() {
        for (text, expected) in [
            ("", ""),
            (" Ada\u{a0}L ", " Ada\u{a0}L "),
            ("ada@example.org\u{200b}", "ada@example.org[U+200B]"),
            ("one\r\ntwo\u{2028}", "one[U+000D][U+000A]two[U+2028]"),
            ("\u{202e}\u{1b}[31m", "[U+202E][U+001B][31m"),
            // Persian is not written without it.
            ("\u{645}\u{6cc}\u{200c}\u{62e}", "\u{645}\u{6cc}\u{200c}\u{62e}"),
        ] {
            assert_eq!(shown(text, 200), expected, "{text:?}");
        }
    }

    #[test]
    fn there_is_never_more_of_it_and_it_says_so() {
        assert_eq!(shown("abcd", 4), "abcd");
        assert_eq!(shown("abcde", 4), "abc\u{2026}");
        assert_eq!(shown("a\u{200b}b", 10), "a[U+200B]b");
        assert_eq!(shown("a\u{200b}b", 9), "a\u{2026}");
        assert_eq!(shown("a\u{200b}", 9), "a[U+200B]");
        assert_eq!(shown("a\u{200b}", 8), "a\u{2026}");
        let text = "\u{1f600}\u{451}\u{ad}x\ny".repeat(1_000);
        for most in 1..300 {
            let shown = shown(&text, most);
            assert!(shown.chars().count() <= most, "{most}: {shown}");
            assert!(
                shown.ends_with('\u{2026}') && !shown.chars().any(breaks_line),
                "{shown}"
            );
        }
    }
}
