//! License numbers: shown as given, compared by a normal form.

mod rules;

use thiserror::Error;
use time::OffsetDateTime;

pub use rules::LicenseRules;
pub(crate) use rules::Misfit;

/// Lengths of a number without spaces and dashes, in characters.
const LENGTH: std::ops::RangeInclusive<usize> = 3..=40;

/// Who issues licenses, such as `us-mi`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LicensingAuthority(String);

/// A license number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct License {
    authority: LicensingAuthority,
    as_given: String,
    normalized: String,
}

/// A license that a profile has or had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DatedLicense {
    /// In the order in which it had them, from 1.
    pub(crate) number: i32,
    pub(crate) license: License,
    pub(crate) begin_time: OffsetDateTime,
    /// `None`: the current one.
    pub(crate) end_time: Option<OffsetDateTime>,
}

/// A license number as somebody wrote it, before it is known whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LicenseNumber {
    as_given: String,
    /// Without spaces and dashes, in upper case.
    plain: String,
}

/// Why a text is no license.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum LicenseProblem {
    #[error("must be lower-case letters, digits and dashes, such as us-mi")]
    Authority,
    #[error("must be 3 to 40 letters and digits; spaces and dashes do not count")]
    Number,
}

impl LicensingAuthority {
    pub(crate) fn parse(text: &str) -> Result<Self, LicenseProblem> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if text.is_empty() || text.starts_with('-') || !text.chars().all(allowed) {
            return Err(LicenseProblem::Authority);
        }
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl LicenseNumber {
    pub(crate) fn parse(text: &str) -> Result<Self, LicenseProblem> {
        let plain = plain(text);
        let allowed = plain.chars().all(|c| c.is_ascii_alphanumeric());
        if !allowed || !LENGTH.contains(&plain.len()) {
            return Err(LicenseProblem::Number);
        }
        Ok(Self {
            as_given: text.to_owned(),
            plain,
        })
    }
}

/// Spaces and dashes as keyboards, word processors and PDF files write them: those of the field rule.
pub(super) const SEPARATORS: [char; 13] = [
    ' ', '-', '\u{a0}', '\u{2007}', '\u{2009}', '\u{202f}', '\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}',
    '\u{2014}', '\u{2015}', '\u{2212}',
];

/// Without spaces and dashes, in upper case.
fn plain(text: &str) -> String {
    let kept = text.chars().filter(|c| !SEPARATORS.contains(c));
    kept.map(|c| c.to_ascii_uppercase()).collect()
}

impl License {
    /// Normalizes the number: spaces and dashes dropped, upper case, padded as the authority pads.
    ///
    /// # Errors
    /// It is not written as the authority writes its numbers.
    pub(crate) fn new(
        authority: LicensingAuthority,
        number: LicenseNumber,
        rules: &LicenseRules,
    ) -> Result<Self, Misfit> {
        Ok(Self {
            normalized: rules.normalize(&authority, number.plain)?,
            authority,
            as_given: number.as_given,
        })
    }

    /// As it was stored: normalized by the rules of its time.
    pub(crate) fn stored(authority: LicensingAuthority, as_given: String, normalized: String) -> Self {
        Self {
            authority,
            as_given,
            normalized,
        }
    }

    /// With another authority or number.
    ///
    /// # Errors
    /// As [`License::new`].
    pub(crate) fn changed(
        self,
        authority: Option<LicensingAuthority>,
        number: Option<LicenseNumber>,
        rules: &LicenseRules,
    ) -> Result<Self, Misfit> {
        if authority.is_none() && number.is_none() {
            return Ok(self);
        }
        let number = number.unwrap_or_else(|| LicenseNumber {
            plain: plain(&self.as_given),
            as_given: self.as_given,
        });
        Self::new(authority.unwrap_or(self.authority), number, rules)
    }

    /// Whether this is its number, however it is written.
    pub(crate) fn is_numbered(&self, number: &LicenseNumber, rules: &LicenseRules) -> bool {
        let normalized = rules.normalize(&self.authority, number.plain.clone());
        number.plain == plain(&self.as_given)
            || normalized.is_ok_and(|normalized| normalized == self.normalized)
    }

    pub(crate) fn authority(&self) -> &LicensingAuthority {
        &self.authority
    }

    /// For showing.
    pub(crate) fn as_given(&self) -> &str {
        &self.as_given
    }

    /// For comparing.
    pub(crate) fn normalized(&self) -> &str {
        &self.normalized
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalized(number: &str) -> Result<String, LicenseProblem> {
        under("us-mi", number)
    }

    fn under(authority: &str, number: &str) -> Result<String, LicenseProblem> {
        let authority = LicensingAuthority::parse(authority).unwrap();
        let rules = LicenseRules::default();
        LicenseNumber::parse(number).map(|number| License::new(authority, number, &rules).unwrap().normalized)
    }

    #[test]
    fn spaces_dashes_and_case_do_not_make_another_number() {
        for spelled in [
            "dc-630 012345",
            "DC630012345",
            " dc 630-012345",
            "Dc630012345",
            "DC\u{2013}630\u{a0}012345",
            "DC\u{2011}630\u{202f}012345",
        ] {
            assert_eq!(normalized(spelled).unwrap(), "DC630012345");
        }
        assert_ne!(normalized("DC630012346"), normalized("DC630012345"));
    }

    #[test]
    fn a_number_of_separators_alone_is_none() {
        for text in ["", "- - -", "a-b", "12_34", "№ 1234", &"1".repeat(41)] {
            assert_eq!(normalized(text), Err(LicenseProblem::Number), "{text}");
        }
    }

    #[test]
    fn an_authority_is_a_plain_lower_case_word() {
        for text in ["", "-mi", "US-MI", "us mi", "us/mi"] {
            assert_eq!(
                LicensingAuthority::parse(text),
                Err(LicenseProblem::Authority),
                "{text}"
            );
        }
    }
}
