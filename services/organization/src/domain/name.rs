//! Names that people give to things.

use std::fmt;

use muster_text::{TextProblem, line_problems, visible};
use thiserror::Error;

/// The name of an organization or a group. It stands in mails to strangers, so it holds nothing that a mail program
/// makes a link of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PublicName(ShortName);

/// The name of a thing inside an organization, compared exactly: case and spaces count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShortName(String);

/// One thing that a name must not be or hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum NameProblem {
    #[error("{0}")]
    Text(TextProblem),
    #[error("must hold no web address; put a space after a dot inside the text")]
    WebAddress,
    #[error("must not hold `=?`, which mail programs decode")]
    EncodedWord,
}

/// Why a text is no name: everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) struct NameProblems(Vec<NameProblem>);

impl ShortName {
    pub(crate) fn parse(text: &str) -> Result<Self, NameProblems> {
        NameProblems(of_any_name(text)).or_name(text)
    }

    /// A name that was taken before. Looked at by no rule: it stays readable when the rules change.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl PublicName {
    pub(crate) fn parse(text: &str) -> Result<Self, NameProblems> {
        let mut problems = of_any_name(text);
        // RFC 2047: what it stands for is only seen in the mail.
        if text.contains("=?") {
            problems.push(NameProblem::EncodedWord);
        }
        if holds_a_link(text) {
            problems.push(NameProblem::WebAddress);
        }
        NameProblems(problems).or_name(text).map(Self)
    }

    /// A name that was taken before, see [`ShortName::stored`].
    pub(crate) fn stored(text: String) -> Self {
        Self(ShortName::stored(text))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The name alone, as it is kept.
    pub(crate) fn into_short(self) -> ShortName {
        self.0
    }
}

impl NameProblems {
    fn or_name(self, text: &str) -> Result<ShortName, Self> {
        if self.0.is_empty() {
            Ok(ShortName(text.to_owned()))
        } else {
            Err(self)
        }
    }
}

impl fmt::Display for NameProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, problem) in self.0.iter().enumerate() {
            let between = if number == 0 { "" } else { "; " };
            write!(f, "{between}{problem}")?;
        }
        Ok(())
    }
}

impl fmt::Display for PublicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn of_any_name(text: &str) -> Vec<NameProblem> {
    line_problems(text).into_iter().map(NameProblem::Text).collect()
}

/// Whether mail programs make a link of something in it. What nobody sees is looked through.
fn holds_a_link(text: &str) -> bool {
    let text: String = visible(text)
        .chars()
        .map(narrow)
        .collect::<String>()
        .to_ascii_lowercase();
    text.contains("://")
        || text.contains("\\\\")
        || SCHEMES.iter().any(|scheme| begins_a_link(&text, scheme))
        || text.split_whitespace().any(looks_like_a_host)
}

/// What mail programs make links of without a host behind it. Two backslashes are a file of a Windows network.
const SCHEMES: [&str; 6] = ["http:", "https:", "file:", "mailto:", "tel:", "sms:"];

/// Whether this scheme stands at the beginning of a word and something follows it: `Hotel: garden wing` is no link.
fn begins_a_link(text: &str, scheme: &str) -> bool {
    text.match_indices(scheme).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + scheme.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && after.is_some_and(|c| !c.is_whitespace())
    })
}

/// The character that a browser reads a wide one as (Unicode, Halfwidth and Fullwidth Forms).
fn narrow(c: char) -> char {
    match c {
        '\u{ff1a}' => ':',
        '\u{ff0f}' => '/',
        '\u{ff3c}' => '\\',
        c => c,
    }
}

/// A dot between two words, the second of at least two letters, as in `evil.example`. Initials (`Y.M.C.A.`) and the end
/// of a sentence are none; four numbers are, whatever follows. IDNA takes three more characters for dots (RFC 3490
/// section 3.1), and two more become one when a browser normalizes them.
fn looks_like_a_host(word: &str) -> bool {
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
    use muster_text::CodePoint;

    use super::*;

    const BLANK: NameProblem = NameProblem::Text(TextProblem::Blank);

    fn unseen(c: char) -> NameProblem {
        NameProblem::Text(TextProblem::Unseen(CodePoint(c)))
    }

    fn problems_of(text: &str) -> Vec<NameProblem> {
        PublicName::parse(text).map_or_else(|problems| problems.0, |_| Vec::new())
    }

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
            "1.2.3.4",
            "(1.2.3.4:80/x)",
            r"Files at \\host\share",
            r"file:\\host\x",
            "mailto:a@evil",
            "Call Tel:+15551234567",
            "https:\u{ff0f}\u{ff0f}evil",
            "https\u{ff1a}//evil",
        ] {
            assert_eq!(problems_of(text), [NameProblem::WebAddress], "{text}");
        }
    }

    #[test]
    fn what_cannot_be_seen_hides_no_link() {
        for c in UNSEEN.chars() {
            for text in [
                format!("evil{c}.com"),
                format!("evil.{c}com"),
                format!("ev{c}il.com"),
                format!("http:{c}//evil"),
            ] {
                let expected = [unseen(c), NameProblem::WebAddress];
                assert_eq!(problems_of(&text), expected, "{text:?}");
            }
        }
    }

    const UNSEEN: &str = "\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{180e}\u{200b}\u{200c}\u{200d}\u{200e}\u{202e}\u{2060}\
                          \u{2066}\u{2800}\u{3164}\u{fe0f}\u{feff}\u{ffa0}\u{1d159}\u{e0041}\u{e0100}";

    #[test]
    fn what_cannot_be_seen_is_named_wherever_it_stands() {
        for c in UNSEEN.chars() {
            for text in [
                format!("{c}Nurses"),
                format!("Night {c}shift"),
                format!("Nurses{c}"),
            ] {
                let expected = NameProblems(vec![unseen(c)]);
                assert_eq!(PublicName::parse(&text), Err(expected.clone()), "{text:?}");
                assert_eq!(ShortName::parse(&text), Err(expected), "{text:?}");
            }
        }
        let said = ShortName::parse("Nurses\u{ad}").unwrap_err().to_string();
        assert_eq!(said, "must not hold U+00AD, which cannot be seen; remove it");
    }

    #[test]
    fn a_name_of_nothing_to_see_is_refused() {
        for text in ["", " ", " \u{a0} ", "\u{3000}"] {
            assert_eq!(problems_of(text), [BLANK], "{text:?}");
        }
        for c in UNSEEN.chars() {
            let expected = [unseen(c), BLANK];
            assert_eq!(problems_of(&format!(" {c}{c} ")), expected, "{}", CodePoint(c));
        }
    }

    #[test]
    fn what_a_mail_program_decodes_is_no_public_name() {
        let encoded = "=?utf-8?Q?pay_at_evil=2Ecom?=";
        assert_eq!(problems_of(encoded), [NameProblem::EncodedWord]);
    }

    #[test]
    fn ordinary_names_pass_as_they_are() {
        for text in [
            "St. Mary's Day Care",
            "Y.M.C.A. of Lansing",
            "Kinder & Co. No. 5",
            "Garderie d’Été",
            "Nr.5 ",
            "Hotel:Garden wing",
            "Office (tel: 555 0100)",
            "\u{645}\u{6cc}\u{200c}\u{631}\u{648}\u{645}",
            "\u{2764}\u{fe0f} Kids",
        ] {
            assert_eq!(PublicName::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_name_is_one_visible_line() {
        for text in ["a\nb", "a\u{2028}b", "a\u{85}b"] {
            let expected = NameProblems(vec![NameProblem::Text(TextProblem::NotOneLine)]);
            assert_eq!(ShortName::parse(text), Err(expected), "{text:?}");
        }
        assert_eq!(ShortName::parse("Room 1.5 ").unwrap().as_str(), "Room 1.5 ");
    }
}
