//! The language that a browser asks for.

use std::cmp::Reverse;

use super::Language;

/// As much of the header as is read: nobody speaks so many languages.
const LONGEST: usize = 1000;

impl Language {
    /// The language that `Accept-Language` (RFC 9110, section 12.5.4) likes best; of those that it likes alike, the first.
    /// `None` when it names none of ours, or nothing but those that it does not want.
    #[must_use]
    pub fn preferred(header: &str) -> Option<Self> {
        let begin = header.get(..LONGEST).unwrap_or(header);
        let ranges: Vec<Range> = begin.split(',').filter_map(Range::read).collect();
        let mut best: Option<(Liking, Self)> = None;
        for language in Self::ALL {
            // `*` is whatever is not named.
            let liking = liked(&ranges, |of| of == Of::Language(language))
                .or_else(|| liked(&ranges, |of| of == Of::Others));
            if let Some(liking) = liking.filter(|liking| liking.0 > 0)
                && best.is_none_or(|(best, _)| liking > best)
            {
                best = Some((liking, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

/// How much, in thousandths, and the further in front the more.
type Liking = (u16, Reverse<usize>);

/// What a part of the header is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Language(Language),
    Others,
    /// None that is spoken here.
    Unspoken,
}

/// A part of the header.
struct Range {
    of: Of,
    weight: u16,
}

impl Range {
    /// `None` for a weight that the header may not have.
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default();
        let weight = parts
            .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
            .map_or(Some(1000), weight)?;
        let of = match Language::of_tag(tag) {
            Some(language) => Of::Language(language),
            None if tag == "*" => Of::Others,
            None => Of::Unspoken,
        };
        Some(Self { of, weight })
    }
}

fn liked(ranges: &[Range], is_it: impl Fn(Of) -> bool) -> Option<Liking> {
    let about = ranges.iter().enumerate().filter(|(_, range)| is_it(range.of));
    about.map(|(place, range)| (range.weight, Reverse(place))).max()
}

/// In thousandths, as the header may say it: at most three digits after the dot.
fn weight(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok()?;
    match (whole, thousandths) {
        // Some write `.8`.
        ("0", thousandths) => Some(thousandths),
        ("", thousandths) if !fraction.is_empty() => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Language::{self, English, Spanish};

    #[test]
    fn the_language_is_the_one_that_the_browser_likes_best() {
        for (header, expected) in [
            ("es", Some(Spanish)),
            ("es-MX,es;q=0.9,en;q=0.8", Some(Spanish)),
            ("en-US,en;q=0.9,es;q=0.8", Some(English)),
            ("en;q=0.2, es;q=0.3", Some(Spanish)),
            ("en;q=0.3, es;q=0.3", Some(English)),
            ("de, fr;q=0.9, es;q=0.1", Some(Spanish)),
            ("de, *;q=0.5", Some(English)),
            ("es;q=0, en;q=0.1", Some(English)),
            ("es;q=0.9,en;q=0.1", Some(Spanish)),
            ("es-419", Some(Spanish)),
            ("es-MX", Some(Spanish)),
            ("ES", Some(Spanish)),
            ("*", Some(English)),
            ("es;q=0,*", Some(English)),
            ("en;q=0, *;q=0.3", Some(Spanish)),
            ("*, en;q=0.1", Some(Spanish)),
            ("*;q=0", None),
            ("es;q=0.1, es-MX;q=0.9, en;q=0.5", Some(Spanish)),
            ("es ; Q=0.7 , en;q=0.6", Some(Spanish)),
            ("pt;q=.9,es-419;q=.8,en;q=.1", Some(Spanish)),
            ("es;q=, en;q=0.1", Some(English)),
            ("de", None),
            ("es;q=0", None),
            ("", None),
            (",,;q=1,", None),
            // No weight that the header may have.
            ("es;q=2, en;q=0.1", Some(English)),
            ("es;q=0.12345, en;q=0.1", Some(English)),
            ("es;q=x, en;q=0.1", Some(English)),
        ] {
            assert_eq!(Language::preferred(header), expected, "{header}");
        }
        let long = format!("{}es", "x,".repeat(600));
        assert_eq!(Language::preferred(&long), None);
        assert_eq!(Language::preferred(&"ñ".repeat(600)), None);
    }
}
