//! Names that people give to things.

use std::fmt;

use thiserror::Error;

/// The name of an organization or a group. It stands in mails to strangers, so it holds nothing that a mail program
/// makes a link of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicName(ShortName);

/// The name of a thing inside an organization, compared exactly: case and spaces count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShortName(String);

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum NameProblem {
    #[error("must have something other than spaces")]
    Blank,
    #[error("must be one line of visible text")]
    NotOneLine,
    #[error("must hold no web address; put a space after a dot inside the text")]
    WebAddress,
    #[error("must not hold `=?`, which mail programs decode")]
    EncodedWord,
}

impl ShortName {
    pub(crate) fn parse(text: &str) -> Result<Self, NameProblem> {
        if text.chars().any(breaks_the_line) {
            return Err(NameProblem::NotOneLine);
        }
        if text.trim().is_empty() {
            return Err(NameProblem::Blank);
        }
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl PublicName {
    pub(crate) fn parse(text: &str) -> Result<Self, NameProblem> {
        let name = ShortName::parse(text)?;
        // RFC 2047: what it stands for is only seen in the mail.
        if text.contains("=?") {
            return Err(NameProblem::EncodedWord);
        }
        if text.contains("://") || text.split_whitespace().any(looks_like_a_host) {
            return Err(NameProblem::WebAddress);
        }
        Ok(Self(name))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The name alone, as it is kept.
    pub(crate) fn into_short(self) -> ShortName {
        self.0
    }
}

impl fmt::Display for PublicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Control characters, the line and paragraph separators, the marks that turn the direction of writing, and what nobody
/// sees. Joiners stay: some scripts cannot be written without them.
fn breaks_the_line(c: char) -> bool {
    let turns_or_breaks =
        matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let is_unseen = matches!(
        c,
        '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
    );
    c.is_control() || turns_or_breaks || is_unseen
}

/// A dot between two words, the second of at least two letters, as in `evil.example`. Initials (`Y.M.C.A.`) and the end
/// of a sentence are none; four numbers are, whatever follows. IDNA takes three more characters for dots (RFC 3490
/// section 3.1), and two more become one when a browser normalizes them. Joiners are looked through.
fn looks_like_a_host(word: &str) -> bool {
    let word = word.replace(['\u{200c}', '\u{200d}'], "");
    let labels: Vec<&str> = word
        .split(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}', '\u{2024}', '\u{fe52}'])
        .collect();
    let digit = |c: char| c.is_ascii_digit();
    let is_number = |label: &str| !label.is_empty() && label.chars().all(digit);
    let is_ipv4 = |four: &[&str]| {
        four[0].ends_with(digit) && is_number(four[1]) && is_number(four[2]) && four[3].starts_with(digit)
    };
    labels.windows(4).any(is_ipv4)
        || labels.windows(2).any(|pair| {
            let before = pair[0].chars().next_back().is_some_and(char::is_alphanumeric);
            before && pair[1].chars().take_while(|c| c.is_alphanumeric()).count() >= 2
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_mail_program_makes_a_link_of_is_no_public_name() {
        for text in [
            "evil.example",
            "Win now: www.evil.example/prize",
            "https://evil",
            "EVIL.COM Daycare",
            "evil\u{3002}com",
            "(evil.example)",
            "evil\u{2024}com",
            "evil\u{fe52}com",
            "evil\u{200d}.com",
            "1.2.3.4",
            "(1.2.3.4:80/x)",
        ] {
            assert_eq!(PublicName::parse(text), Err(NameProblem::WebAddress), "{text}");
        }
    }

    #[test]
    fn what_a_mail_program_decodes_or_nobody_sees_is_no_public_name() {
        let encoded = "=?utf-8?Q?pay_at_evil=2Ecom?=";
        assert_eq!(PublicName::parse(encoded), Err(NameProblem::EncodedWord));
        for unseen in ["\u{200b}", "\u{200e}\u{200f}", "a\u{feff}b", "evil\u{200b}.com"] {
            assert_eq!(
                PublicName::parse(unseen),
                Err(NameProblem::NotOneLine),
                "{unseen:?}"
            );
        }
    }

    #[test]
    fn ordinary_names_pass_as_they_are() {
        for text in [
            "St. Mary's Day Care",
            "Y.M.C.A. of Lansing",
            "Kinder & Co. No. 5",
            "Garderie d’Été",
            "Nr.5 ",
        ] {
            assert_eq!(PublicName::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_name_is_one_visible_line() {
        for text in ["a\nb", "a\u{2028}b", "a\u{202e}b", "\u{85}"] {
            assert_eq!(ShortName::parse(text), Err(NameProblem::NotOneLine), "{text:?}");
        }
        assert_eq!(ShortName::parse(" \u{a0} "), Err(NameProblem::Blank));
        assert_eq!(ShortName::parse("Room 1.5 ").unwrap().as_str(), "Room 1.5 ");
    }
}
