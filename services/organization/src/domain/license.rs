//! License numbers: shown as given, compared by a normal form.

use thiserror::Error;

/// Lengths of a normal form, in characters.
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

impl License {
    /// Normalizes the number: spaces and dashes dropped, upper case.
    pub(crate) fn parse(authority: LicensingAuthority, number: &str) -> Result<Self, LicenseProblem> {
        let kept = number.chars().filter(|c| !matches!(c, ' ' | '-'));
        let normalized: String = kept.map(|c| c.to_ascii_uppercase()).collect();
        let allowed = normalized.chars().all(|c| c.is_ascii_alphanumeric());
        if !allowed || !LENGTH.contains(&normalized.len()) {
            return Err(LicenseProblem::Number);
        }
        Ok(Self {
            authority,
            as_given: number.to_owned(),
            normalized,
        })
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
        let authority = LicensingAuthority::parse("us-mi").unwrap();
        License::parse(authority, number).map(|license| license.normalized)
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
