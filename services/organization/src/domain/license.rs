//! License numbers: shown as given, compared by a normal form.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;

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

/// How many digits the numbers of an authority end with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseDigits {
    authority: String,
    count: usize,
}

/// The digits of every authority that pads.
#[derive(Debug, Clone, Default)]
pub(crate) struct Padding(Arc<HashMap<String, usize>>);

impl FromStr for LicenseDigits {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let problem = "must be an authority and a number of digits from 1 to 40, such as us-mi=9";
        let (authority, count) = text.split_once('=').ok_or(problem)?;
        let authority = LicensingAuthority::parse(authority).map_err(|_| problem)?.0;
        let count = count.parse().ok().filter(|count| (1..=40).contains(count));
        Ok(Self {
            authority,
            count: count.ok_or(problem)?,
        })
    }
}

impl FromIterator<LicenseDigits> for Padding {
    fn from_iter<T: IntoIterator<Item = LicenseDigits>>(all: T) -> Self {
        let each = all.into_iter().map(|digits| (digits.authority, digits.count));
        Self(Arc::new(each.collect()))
    }
}

impl Padding {
    /// Gives the digits at the end as many zeros as the authority would; zeros too many are none of the number's.
    fn pad(&self, authority: &LicensingAuthority, plain: String) -> String {
        let letters = plain.trim_end_matches(|c: char| c.is_ascii_digit());
        match (self.0.get(authority.as_str()), &plain[letters.len()..]) {
            (None, _) | (_, "") => plain,
            (Some(count), digits) => format!("{letters}{:0>count$}", digits.trim_start_matches('0')),
        }
    }
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

/// Without spaces and dashes, in upper case.
fn plain(text: &str) -> String {
    let kept = text.chars().filter(|c| !matches!(c, ' ' | '-'));
    kept.map(|c| c.to_ascii_uppercase()).collect()
}

impl License {
    /// Normalizes the number: spaces and dashes dropped, upper case, padded as the authority pads.
    pub(crate) fn new(authority: LicensingAuthority, number: LicenseNumber, padding: &Padding) -> Self {
        Self {
            normalized: padding.pad(&authority, number.plain),
            authority,
            as_given: number.as_given,
        }
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
    pub(crate) fn changed(
        self,
        authority: Option<LicensingAuthority>,
        number: Option<LicenseNumber>,
        padding: &Padding,
    ) -> Self {
        if authority.is_none() && number.is_none() {
            return self;
        }
        let number = number.unwrap_or_else(|| LicenseNumber {
            plain: plain(&self.as_given),
            as_given: self.as_given,
        });
        Self::new(authority.unwrap_or(self.authority), number, padding)
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
        let padding = Padding::from_iter(["us-ny=4".parse().unwrap()]);
        LicenseNumber::parse(number).map(|number| License::new(authority, number, &padding).normalized)
    }

    #[test]
    fn an_authority_that_pads_has_one_number_with_and_without_zeros() {
        for spelled in ["DC-0012", "dc12", "DC 00012", "DC-12"] {
            assert_eq!(under("us-ny", spelled).unwrap(), "DC0012", "{spelled}");
        }
        assert_eq!(under("us-ny", "00123").unwrap(), "0123");
        // More digits than usual, none at the end, zeros alone.
        assert_eq!(under("us-ny", "DC12345").unwrap(), "DC12345");
        assert_eq!(under("us-ny", "12DC").unwrap(), "12DC");
        assert_eq!(under("us-ny", "DC0").unwrap(), "DC0000");
        assert_ne!(normalized("DC0012"), normalized("DC012"), "us-mi does not pad");
    }

    #[test]
    fn digits_are_said_by_authority() {
        for text in ["us-mi", "us-mi=", "us-mi=0", "us-mi=41", "US=4", "=4", "us-mi=x"] {
            assert!(text.parse::<LicenseDigits>().is_err(), "{text}");
        }
    }

    #[test]
    fn spaces_dashes_and_case_do_not_make_another_number() {
        for spelled in ["dc-630 012345", "DC630012345", " dc 630-012345", "Dc630012345"] {
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
