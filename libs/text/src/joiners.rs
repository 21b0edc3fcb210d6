//! Where writing needs a character that is not seen itself.

use icu_properties::props::{Emoji, EmojiModifier, ExtendedPictographic, Ideographic, JoiningType, Script};
use icu_properties::{
    CodePointMapData, CodePointMapDataBorrowed, CodePointSetData, CodePointSetDataBorrowed,
};
use unicode_normalization::char::canonical_combining_class;

const EMOJI: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<Emoji>();
const SKIN: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<EmojiModifier>();
const PICTURES: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<ExtendedPictographic>();
const IDEOGRAPHS: CodePointSetDataBorrowed<'static> = CodePointSetData::new::<Ideographic>();
const JOINING: CodePointMapDataBorrowed<'static, JoiningType> = CodePointMapData::<JoiningType>::new();
const SCRIPTS: CodePointMapDataBorrowed<'static, Script> = CodePointMapData::<Script>::new();

/// The combining class of viramas.
const VIRAMA: u8 = 9;
const KEYCAP: char = '\u{20e3}';

/// Whether `c`, between these texts, changes how its neighbours are drawn: joiners where RFC 5892 (appendix A.1 and
/// A.2) takes them, and the joined form before or after a letter of such a script; variation selectors behind what has
/// variants; the joiner between emoji.
pub(crate) fn is_needed(before: &str, c: char, after: &str) -> bool {
    match c {
        '\u{200c}' => ends_in_virama(before) || (joins_onward(before) && joins_backward(after)),
        '\u{200d}' => {
            ends_in_virama(before)
                || after.chars().next().is_some_and(is_virama)
                || joins_onward(before)
                || (ends_in_picture(before) && after.starts_with(|c| PICTURES.contains(c)))
        }
        '\u{fe0e}' | '\u{fe0f}' => {
            let is_emoji = |c: char| EMOJI.contains(c) && (!c.is_ascii() || after.starts_with(KEYCAP));
            before.ends_with(is_emoji)
        }
        '\u{fe00}'..='\u{fe0d}' | '\u{e0100}'..='\u{e01ef}' => before.ends_with(|c| IDEOGRAPHS.contains(c)),
        '\u{180b}'..='\u{180f}' => {
            before.ends_with(|c| SCRIPTS.get(c) == Script::Mongolian && c.is_alphabetic())
        }
        _ => false,
    }
}

fn is_virama(c: char) -> bool {
    canonical_combining_class(c) == VIRAMA
}

fn ends_in_virama(before: &str) -> bool {
    before.ends_with(is_virama)
}

fn joins_onward(before: &str) -> bool {
    let mut types = before.chars().rev().map(|c| JOINING.get(c));
    let joining = types.find(|joining| *joining != JoiningType::Transparent);
    joining.is_some_and(|joining| matches!(joining, JoiningType::LeftJoining | JoiningType::DualJoining))
}

fn joins_backward(after: &str) -> bool {
    let mut types = after.chars().map(|c| JOINING.get(c));
    let joining = types.find(|joining| *joining != JoiningType::Transparent);
    joining.is_some_and(|joining| matches!(joining, JoiningType::RightJoining | JoiningType::DualJoining))
}

fn ends_in_picture(before: &str) -> bool {
    let bare = before.trim_end_matches(|c| c == '\u{fe0f}' || SKIN.contains(c));
    bare.ends_with(|c| PICTURES.contains(c))
}

#[cfg(test)]
mod tests {
    use crate::misplaced;

    #[test]
    fn languages_and_emoji_are_written_with_joiners() {
        for text in [
            "\u{646}\u{627}\u{645}\u{647}\u{200c}\u{627}\u{6cc}",
            "\u{6f1}\u{6f3}\u{6f9}\u{6f9} \u{647}\u{200d}",
            "\u{dc1}\u{dca}\u{200d}\u{dbb}\u{dd3}",
            "\u{915}\u{94d}\u{200c}\u{937}",
            "\u{9b0}\u{200d}\u{9cd}\u{9af}",
            "\u{845b}\u{e0100}\u{57ce}",
            "\u{2764}\u{fe0f} \u{1f468}\u{1f3fd}\u{200d}\u{2695}\u{fe0f}",
            "Room 5\u{fe0f}\u{20e3}",
            "\u{182d}\u{180b}",
        ] {
            assert_eq!(misplaced(text), None, "{text}");
        }
    }

    #[test]
    fn elsewhere_they_only_hide() {
        for (text, found) in [
            ("evil\u{200d}.com", '\u{200d}'),
            ("a\u{200c}b", '\u{200c}'),
            ("\u{647}\u{200c}.com", '\u{200c}'),
            ("5\u{fe0f}", '\u{fe0f}'),
            ("a\u{e0100}", '\u{e0100}'),
            ("\u{2764}\u{fe0f}\u{fe0f}", '\u{fe0f}'),
            ("\u{1f468}\u{200d}", '\u{200d}'),
            ("\u{1f3f4}\u{e0067}", '\u{e0067}'),
        ] {
            assert_eq!(misplaced(text), Some(found), "{text:?}");
        }
    }
}
