//! Case folding.

use unicase::UniCase;
use unicode_normalization::UnicodeNormalization;

/// The text without differences of case and of composition: full case folding of its NFD, as NFC (Unicode, section
/// 3.13, D145). For comparing, never for showing.
#[must_use]
pub fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let decomposed: String = text.nfd().collect();
    UniCase::unicode(decomposed).to_folded_case().nfc().collect()
}

/// As [`folded`], but a letter outside ASCII never becomes one inside: the long s (U+017F), the sharp s and the ligature
/// fi (U+FB01) stay apart from `s`, `ss` and `fi`. For what belongs to somebody, such as an address: whoever got hold of the one spelling
/// must not be taken for the holder of the other.
#[must_use]
pub fn folded_apart(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.nfd() {
        fold_apart(c, &mut folded);
    }
    folded.nfc().collect()
}

fn fold_apart(c: char, folded: &mut String) {
    if c.is_ascii() {
        return folded.push(c.to_ascii_lowercase());
    }
    let mut memory = [0; 4];
    let full = UniCase::unicode(&*c.encode_utf8(&mut memory)).to_folded_case();
    if !full.contains(|c: char| c.is_ascii()) {
        return folded.push_str(&full);
    }
    // The capital sharp s has a lower case outside ASCII.
    let mut lower = c.to_lowercase();
    let one = lower.next().filter(|lower_c| !lower_c.is_ascii());
    folded.push(one.filter(|_| lower.next().is_none()).unwrap_or(c));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Letters with case stand before it.
    const LAST_CASED: char = '\u{1ffff}';

    #[test]
    fn case_and_composition_do_not_matter() {
        for (left, right) in [
            ("ΝΙΚΟΣ", "νικος"),
            ("νικοσ", "νικος"),
            ("STRASSE", "stra\u{df}e"),
            ("\u{1e9e}", "ss"),
            ("Caf\u{e9}", "CAFE\u{301}"),
            ("\u{13a0}", "\u{ab70}"),
        ] {
            assert_eq!(folded(left), folded(right), "{left} {right}");
        }
        assert_ne!(folded("m\u{131}ke"), folded("mike"));
    }

    #[test]
    fn folding_twice_is_folding_once() {
        for c in '\0'..=LAST_CASED {
            let text = c.to_string();
            let (once, apart) = (folded(&text), folded_apart(&text));
            assert_eq!((folded(&once), folded_apart(&apart)), (once, apart), "{c:?}");
        }
    }

    #[test]
    fn nothing_outside_ascii_becomes_ascii_by_folding_apart() {
        for c in ('\u{80}'..=LAST_CASED).filter(|c| !std::iter::once(*c).nfc().all(|c| c.is_ascii())) {
            assert!(!folded_apart(&c.to_string()).is_ascii(), "{c:?}");
        }
        assert_eq!(folded_apart("STRA\u{1e9e}E"), folded_apart("stra\u{df}e"));
        assert_eq!(folded_apart("ΝΙΚΟΣ"), folded_apart("νικος"));
    }
}
