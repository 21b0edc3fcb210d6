//! Regular expressions of two languages: field rules are written in RE2, JSON Schema reads ECMA 262.

use std::iter::Peekable;
use std::str::Chars;

type Rest<'p> = Peekable<Chars<'p>>;

/// Whether a pattern certainly means the same in both languages, that is, holds only what they share. (ECMA 262 with the
/// flag `u`, as JSON Schema asks for.) They differ, for one, in what `.` and `\s` are.
pub(super) fn is_shared(pattern: &str) -> bool {
    let mut rest = pattern.chars().peekable();
    while let Some(one) = rest.next() {
        let shared = match one {
            '\\' => rest.next_if(|kind| "dDwW".contains(*kind)).is_some() || character(&mut rest),
            '[' => class(&mut rest),
            // Of groups with a question mark, those that only group.
            '(' => rest.next_if_eq(&'?').is_none() || rest.next() == Some(':'),
            '{' => repetition(&mut rest),
            '.' | ']' | '}' => false,
            _ => true,
        };
        if !shared {
            return false;
        }
    }
    true
}

/// One escaped character, after its backslash.
fn character(rest: &mut Rest<'_>) -> bool {
    match rest.next() {
        Some('x') => (0..2).all(|_| rest.next().is_some_and(|digit| digit.is_ascii_hexdigit())),
        Some(one) => r"tnrfv^$\.*+?()[]{}|/".contains(one),
        None => false,
    }
}

/// A class of characters and ranges, after its opening bracket. No class inside of it, and nothing that some dialects take
/// for an operation on sets.
fn class(rest: &mut Rest<'_>) -> bool {
    rest.next_if_eq(&'^');
    if rest.peek() == Some(&']') {
        return false;
    }
    while let Some(one) = rest.next() {
        let shared = match one {
            ']' => return true,
            '\\' => rest.next_if_eq(&'-').is_some() || character(rest),
            '[' => false,
            '&' | '~' | '-' => rest.peek() != Some(&one),
            _ => true,
        };
        if !shared {
            return false;
        }
    }
    false
}

/// `{2}`, `{2,}` or `{2,3}`, after the brace. Other braces are plain characters in RE2 only.
fn repetition(rest: &mut Rest<'_>) -> bool {
    let digits = |rest: &mut Rest<'_>| std::iter::from_fn(|| rest.next_if(char::is_ascii_digit)).count();
    if digits(rest) == 0 {
        return false;
    }
    if rest.next_if_eq(&',').is_some() {
        digits(rest);
    }
    rest.next() == Some('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_languages_share_is_kept() {
        for pattern in [
            "",
            "^[a-z0-9][a-z0-9-]*$",
            "^[A-Za-z0-9 -]+$",
            r"^[^\x00-\x1f\x7f;]*$",
            r"^(?:a|b\.c)\d{2,3}?$",
            r"a{2}b{3,}[\]\-.^]",
        ] {
            assert!(is_shared(pattern), "{pattern}");
        }
    }

    #[test]
    fn what_they_read_differently_is_not() {
        for pattern in [
            "^.*$",
            r"\s",
            r"\pL",
            r"\p{Greek}",
            r"\A",
            r"\z",
            r"\Qa.b\E",
            r"\x{10FFFF}",
            r"\;",
            r"a\",
            "(?i)a",
            "(?P<n>a)",
            "(?s:.)",
            "[[:alpha:]]",
            "[]a]",
            "[^]a]",
            "[a&&b]",
            "[a--b]",
            r"[\s]",
            r"[\d]",
            "[a",
            "a{,2}",
            "a{b}",
            "a]",
            "a}",
        ] {
            assert!(!is_shared(pattern), "{pattern}");
        }
    }
}
