//! How authorities write their license numbers.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;

use super::{LENGTH, LicensingAuthority};

/// What stands for no rules in a setting.
const NONE: &str = "none";

/// How the numbers of authorities are written. One without rules has numbers of any form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LicenseRules(Arc<BTreeMap<String, Vec<Pattern>>>);

/// A form of a number: what stands before its digits, the digits, and what stands behind them.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    before: Vec<Piece>,
    digits: usize,
    behind: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// These letters and digits.
    Fixed(String),
    /// So many letters.
    Letters(usize),
}

/// A number that is not written as its authority writes numbers.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("must be a number of {authority}: {form}; zeros in front of the digits may be left out{}", hint(other.as_deref()))]
pub(crate) struct Misfit {
    authority: String,
    /// In words.
    form: String,
    /// An authority whose number it may be.
    other: Option<String>,
}

fn hint(other: Option<&str>) -> String {
    other.map_or_else(String::new, |other| {
        format!(". This one is written like a number of {other}")
    })
}

impl FromStr for LicenseRules {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let problem = "must be none, or authorities with the forms of their numbers, such as \
                       us-mi=DC#########/DF#########,us-ny=######: one run of # for digits in each, @ for any letter, 3 to 40 in all";
        if text == NONE {
            return Ok(Self::default());
        }
        let mut rules = BTreeMap::new();
        for rule in text.split(',') {
            let (authority, forms) = rule.split_once('=').ok_or(problem)?;
            let authority = LicensingAuthority::parse(authority).map_err(|_| problem)?;
            let forms: Option<Vec<_>> = forms.split('/').map(Pattern::parse).collect();
            let is_second = rules.insert(authority.0, forms.ok_or(problem)?).is_some();
            if is_second {
                return Err("names an authority twice");
            }
        }
        Ok(Self(Arc::new(rules)))
    }
}

impl LicenseRules {
    /// The number as it is compared: with as many zeros before its digits as the authority writes.
    pub(super) fn normalize(&self, authority: &LicensingAuthority, plain: String) -> Result<String, Misfit> {
        let Some(patterns) = self.0.get(authority.as_str()) else {
            return Ok(plain);
        };
        let fits = |patterns: &Vec<Pattern>| patterns.iter().find_map(|pattern| pattern.fit(&plain));
        fits(patterns).ok_or_else(|| {
            let forms: Vec<_> = patterns.iter().map(Pattern::to_string).collect();
            let other = self.0.iter().find(|(_, patterns)| fits(patterns).is_some());
            Misfit {
                authority: authority.as_str().to_owned(),
                form: forms.join(", or "),
                other: other.map(|(other, _)| other.clone()),
            }
        })
    }
}

impl Pattern {
    fn parse(text: &str) -> Option<Self> {
        let start = text.find('#')?;
        let digits = text[start..].chars().take_while(|c| *c == '#').count();
        let (before, behind) = (&text[..start], &text[start + digits..]);
        LENGTH.contains(&text.chars().count()).then_some(())?;
        Some(Self {
            before: pieces(before)?,
            digits,
            behind: pieces(behind)?,
        })
    }

    /// The number in this form; it holds letters in upper case and digits alone.
    fn fit(&self, plain: &str) -> Option<String> {
        let (before, rest) = plain.split_at_checked(length(&self.before))?;
        let (digits, behind) = rest.split_at_checked(rest.len().checked_sub(length(&self.behind))?)?;
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let digits = digits.trim_start_matches('0');
        if !is_number
            || digits.len() > self.digits
            || !are(&self.before, before)
            || !are(&self.behind, behind)
        {
            return None;
        }
        Some(format!("{before}{digits:0>width$}{behind}", width = self.digits))
    }
}

/// Upper-case letters and digits as they are, `@` for any letter.
fn pieces(text: &str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    for c in text.chars() {
        match (c, pieces.last_mut()) {
            ('@', Some(Piece::Letters(count))) => *count += 1,
            ('@', _) => pieces.push(Piece::Letters(1)),
            ('A'..='Z' | '0'..='9', Some(Piece::Fixed(fixed))) => fixed.push(c),
            ('A'..='Z' | '0'..='9', _) => pieces.push(Piece::Fixed(c.to_string())),
            _ => return None,
        }
    }
    Some(pieces)
}

fn length(pieces: &[Piece]) -> usize {
    let length = |piece: &Piece| match piece {
        Piece::Fixed(fixed) => fixed.len(),
        Piece::Letters(count) => *count,
    };
    pieces.iter().map(length).sum()
}

/// Whether a text of their length is as these pieces say.
fn are(pieces: &[Piece], mut text: &str) -> bool {
    pieces.iter().all(|piece| {
        let (own, rest) = text.split_at(length(std::slice::from_ref(piece)));
        text = rest;
        match piece {
            Piece::Fixed(fixed) => own == fixed,
            Piece::Letters(_) => own.bytes().all(|byte| byte.is_ascii_uppercase()),
        }
    })
}

/// In words: `DC and 9 digits`.
impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted =
            |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let piece = |piece: &Piece| match piece {
            Piece::Fixed(fixed) => fixed.clone(),
            Piece::Letters(count) => counted(*count, "letter"),
        };
        let words: Vec<_> = self
            .before
            .iter()
            .map(piece)
            .chain([counted(self.digits, "digit")])
            .chain(self.behind.iter().map(piece))
            .collect();
        f.write_str(&words.join(" and "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "us-mi=DC#########/DF#########,us-ny=######,us-xx=@@####C";

    fn normalized(authority: &str, plain: &str) -> Result<String, String> {
        let rules: LicenseRules = RULES.parse().unwrap();
        let authority = LicensingAuthority::parse(authority).unwrap();
        let normalized = rules.normalize(&authority, plain.to_owned());
        normalized.map_err(|misfit| misfit.to_string())
    }

    #[test]
    fn a_number_has_as_many_zeros_as_its_authority_writes() {
        for (authority, plain, expected) in [
            ("us-mi", "DC630012345", "DC630012345"),
            ("us-mi", "DF12", "DF000000012"),
            ("us-mi", "DC00000000000012", "DC000000012"),
            ("us-ny", "000123", "000123"),
            ("us-ny", "123", "000123"),
            ("us-xx", "QA7C", "QA0007C"),
            // Whose numbers nobody has described.
            ("us-pa", "QA7", "QA7"),
        ] {
            assert_eq!(
                normalized(authority, plain),
                Ok(expected.to_owned()),
                "{authority} {plain}"
            );
        }
    }

    #[test]
    fn what_is_written_otherwise_is_refused_in_words_and_never_mended() {
        let of_michigan = "must be a number of us-mi: DC and 9 digits, or DF and 9 digits; zeros in front of the digits may be left out";
        for plain in [
            "DG630012345",
            "DC",
            "DC6300123456",
            "630012345X",
            "DC63O012345",
            "63DC0012345",
        ] {
            assert_eq!(normalized("us-mi", plain), Err(of_michigan.to_owned()), "{plain}");
        }
        let hinted = normalized("us-mi", "123456").unwrap_err();
        assert_eq!(
            hinted,
            format!("{of_michigan}. This one is written like a number of us-ny")
        );
        let of_new_york = normalized("us-ny", "DC630012345").unwrap_err();
        assert!(
            of_new_york.contains("us-ny: 6 digits;") && of_new_york.ends_with("like a number of us-mi"),
            "{of_new_york}"
        );
        let mixed = normalized("us-xx", "QAC").unwrap_err();
        assert!(mixed.contains("2 letters and 4 digits and C"), "{mixed}");
    }

    #[test]
    fn rules_are_said_by_authority() {
        assert_eq!("none".parse(), Ok(LicenseRules::default()));
        for text in [
            "",
            "us-mi",
            "us-mi=",
            "us-mi=DC",
            "us-mi=##",
            "US=####",
            "us-mi=dc####",
            "us-mi=##D##",
            "us-mi=####,",
            "us-mi=####/",
        ] {
            assert!(text.parse::<LicenseRules>().is_err(), "{text}");
        }
        assert_eq!(
            "us-mi=####,us-mi=#####".parse::<LicenseRules>(),
            Err("names an authority twice")
        );
    }
}
