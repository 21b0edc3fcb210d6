//! The address in a text that holds more than one address should.

use crate::EmailAddress;

/// What programs and people put before, behind and between addresses.
const AROUND: &[char] = &[
    '<', '>', '(', ')', '[', ']', '{', '}', ',', ';', ':', '=', '|', '\\', '"', '\u{201c}', '\u{201d}',
    '\u{201e}', '\u{ab}', '\u{bb}',
];
/// What they put right at its ends, and what may as well stand inside.
const AT_ENDS: &[char] = &['\'', '`', '\u{b4}', '\u{2018}', '\u{2019}', '.'];

/// The one address that was probably meant by `Ada <ada@example.org>`, `mailto:ada@example.org`, `'ada@example.org` or an
/// address with something unseen in it. `None` for an address as it should be, for none, and for several.
///
/// ```
/// let meant = muster_address::meant("Ada <ada@example.org>").unwrap();
/// assert_eq!(meant.as_given(), "ada@example.org");
/// assert!(muster_address::meant("ada@example.org, bob@example.org").is_none());
/// ```
#[must_use]
pub fn meant(text: &str) -> Option<EmailAddress> {
    let visible = muster_text::visible(text);
    let words = visible.split(|c: char| c.is_whitespace() || AROUND.contains(&c));
    let mut found: Option<EmailAddress> = None;
    for word in words.filter(|word| word.contains('@')) {
        let address: EmailAddress = bare(word).parse().ok()?;
        if found.as_ref().is_some_and(|other| *other != address) {
            return None;
        }
        found = Some(address);
    }
    found.filter(|address| address.as_given() != text.trim())
}

/// Without quotation marks and full stops at its ends, and without the query of a `mailto:` (RFC 6068).
fn bare(word: &str) -> &str {
    let at = word.find('@').unwrap_or_default();
    let end = word[at..].find('?').map_or(word.len(), |query| at + query);
    word[..end].trim_matches(AT_ENDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_put_round_an_address_is_taken_off() {
        for text in [
            "Ada L <ada@example.test>",
            "<ada@example.test>",
            "mailto:ada@example.test",
            "mailto:ada@example.test?subject=Hi",
            "\u{201c}ada@example.test\u{201d}",
            "ada@example.test;",
            "ada@example.test.",
            "=HYPERLINK(\"mailto:ada@example.test\",\"ada@example.test\")",
            "'ada@example.test",
            "'ada@example.test'",
            "`ada@example.test",
            "\u{2018}ada@example.test\u{2019}",
            "\u{200b}ada@example.test\u{feff}",
            "ada@exa\u{ad}mple.test",
        ] {
            assert_eq!(meant(text).unwrap().as_given(), "ada@example.test", "{text}");
        }
    }

    #[test]
    fn what_is_right_or_in_doubt_is_left_alone() {
        for text in [
            "ada@example.test",
            " o'neil@example.test ",
            "ada@example.test;bob@example.test",
            "ada (at) example.test",
            "ada@",
            "",
        ] {
            assert!(meant(text).is_none(), "{text}");
        }
    }
}
