//! Characters that leave no mark on paper.

use std::borrow::Cow;

use icu_properties::props::{
    BidiControl, DefaultIgnorableCodePoint, GeneralCategory, PrependedConcatenationMark,
};
use icu_properties::{
    CodePointMapData, CodePointMapDataBorrowed, CodePointSetData, CodePointSetDataBorrowed,
};

use crate::joiners::is_needed;

const IGNORABLE: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<DefaultIgnorableCodePoint>();
const TURNING: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<BidiControl>();
/// Signs under or over numbers, such as U+0600: format characters that are seen.
const SIGNS: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<PrependedConcatenationMark>();
const CATEGORIES: CodePointMapDataBorrowed<'static, GeneralCategory> =
    CodePointMapData::<GeneralCategory>::new();

/// Whether nobody sees the character: Default_Ignorable_Code_Point (fillers, joiners, variation selectors, tags, soft
/// hyphen, byte order mark), Bidi_Control, the other format characters, and symbols that are drawn blank. White space
/// and control characters are none of them.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    !c.is_ascii() && (IGNORABLE.contains(c) || TURNING.contains(c) || is_blank_symbol(c) || is_format(c))
}

/// No property says that these have an empty glyph: the braille pattern without dots, the null notehead, the blanks of
/// hieroglyphs, the filler of Khitan.
fn is_blank_symbol(c: char) -> bool {
    matches!(
        c,
        '\u{2800}' | '\u{1d159}' | '\u{13441}' | '\u{13442}' | '\u{16fe4}'
    )
}

fn is_format(c: char) -> bool {
    CATEGORIES.get(c) == GeneralCategory::Format && !SIGNS.contains(c)
}

/// Whether the character ends a line or steers a device: control characters and the line and paragraph separators.
#[must_use]
pub fn breaks_line(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Whether there is nothing to see in the text.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|c| c.is_whitespace() || c.is_control() || is_unseen(c))
}

/// The text without anything unseen, joiners included: for comparing and recognizing, not for keeping.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_unseen) {
        text.chars().filter(|c| !is_unseen(*c)).collect::<String>().into()
    } else {
        text.into()
    }
}

/// The first unseen character that the writing does not need where it stands. Joiners and variation selectors that
/// change how their neighbours look are none: some languages and emoji cannot be written without.
#[must_use]
pub fn misplaced(text: &str) -> Option<char> {
    all_misplaced(text).next().map(|(_, c)| c)
}

/// The text as one line without what is misplaced in it, and without space around it; for names that come from
/// elsewhere and cannot be refused. Empty when there was nothing to see.
#[must_use]
pub fn cleaned(text: &str) -> String {
    let dropped: Vec<usize> = all_misplaced(text).map(|(at, _)| at).collect();
    let kept = text
        .char_indices()
        .filter(|(at, c)| !breaks_line(*c) && dropped.binary_search(at).is_err());
    let kept: String = kept.map(|(_, c)| c).collect();
    if is_blank(&kept) {
        String::new()
    } else {
        kept.trim().to_owned()
    }
}

fn all_misplaced(text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
    text.char_indices().filter(|&(at, c)| is_misplaced(text, at, c))
}

/// Whether nobody sees the character at this place of the text, which does not need it there.
pub(crate) fn is_misplaced(text: &str, at: usize, c: char) -> bool {
    let after = at + c.len_utf8();
    is_unseen(c) && !is_needed(&text[..at], c, &text[after..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_one_set() {
        let unseen = "\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{180e}\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\
                      \u{202a}\u{202e}\u{2060}\u{2064}\u{2066}\u{2069}\u{206f}\u{2800}\u{3164}\u{fe0f}\u{feff}\u{ffa0}\
                      \u{fff9}\u{1d159}\u{1d173}\u{e0001}\u{e0041}\u{e007f}\u{e0100}";
        for c in unseen.chars() {
            assert!(is_unseen(c), "{}", crate::CodePoint(c));
            assert!(is_blank(&format!(" {c}\t{c}")), "{}", crate::CodePoint(c));
            for text in [format!("{c}Ada"), format!("A{c}da"), format!("Ada{c}")] {
                assert_eq!(misplaced(&text), Some(c), "{}", crate::CodePoint(c));
                assert_eq!((visible(&text).as_ref(), cleaned(&text).as_str()), ("Ada", "Ada"));
            }
        }
    }

    #[test]
    fn what_can_be_seen_is_not_in_it() {
        for c in "A \u{a0}\u{301}\u{600}\u{6dd}\u{5d0}\u{93e}\u{4e00}\u{1f600}\u{3000}_-\n\u{2028}".chars() {
            assert!(!is_unseen(c), "{}", crate::CodePoint(c));
        }
    }

    #[test]
    fn a_cleaned_name_is_one_line_or_nothing() {
        assert_eq!(cleaned(" Ada\r\n\u{202e}Lovelace\u{2028} "), "AdaLovelace");
        for nothing in ["", " ", "\u{202e}", "\u{3164} \u{200b}", "\u{7}\u{2800}"] {
            assert_eq!(cleaned(nothing), "", "{nothing:?}");
        }
    }
}
