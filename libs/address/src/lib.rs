//! Email addresses: stored as given, compared by a canonical form. One type for every way in: form, batch,
//! spreadsheet, join page, token.
//!
//! ```
//! use muster_address::EmailAddress;
//!
//! let invited: EmailAddress = " Ada.Lovelace@Example.ORG ".parse()?;
//! let verified: EmailAddress = "ada.lovelace@example.org".parse()?;
//! assert_eq!(invited.as_given(), "Ada.Lovelace@Example.ORG");
//! assert_eq!(invited.canonical(), verified.canonical());
//! # Ok::<(), muster_address::AddressProblem>(())
//! ```

use std::fmt;
use std::str::FromStr;

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

/// The longest address, in bytes: RFC 5321, section 4.5.3.1.3, less the angle brackets.
const MAX_LENGTH: usize = 254;
/// The longest part before the `@`, in bytes: RFC 5321, section 4.5.3.1.1.
const MAX_LOCAL: usize = 64;

/// An address that mail can be sent to.
///
/// Two addresses are equal when their canonical forms are: trimmed, NFC, letters folded, the domain as IDNA
/// (UTS 46) ASCII. Letters outside ASCII are folded by Unicode lower case only, so that look-alikes such as the
/// dotless i stay different.
#[derive(Clone)]
pub struct EmailAddress {
    given: String,
    canonical: String,
}

/// Why a text is no address. Never repeats the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AddressProblem {
    /// Nothing there.
    #[error("must not be empty")]
    Empty,
    /// No `@`, or nothing on one side of it.
    #[error("must have the form name@domain")]
    Form,
    /// Over 254 bytes, or over 64 before the `@`.
    #[error("must have at most 254 bytes, at most 64 of them before the @")]
    TooLong,
    /// A character that cannot stand before the `@` without quotes.
    #[error(
        "has a character before the @ that an address cannot have, such as a space, a comma or a bracket"
    )]
    Local,
    /// Not a domain name.
    #[error("has a domain after the @ that is not a valid domain name, such as example.org")]
    Domain,
}

impl EmailAddress {
    /// Reads an address; spaces around it are dropped.
    ///
    /// # Errors
    ///
    /// What is wrong with the text, without repeating it.
    pub fn parse(text: &str) -> Result<Self, AddressProblem> {
        text.parse()
    }

    /// An address that was read before and kept as its two forms. Looked at by no rule: what was once taken stays
    /// readable when the rules change.
    pub fn stored(given: String, canonical: String) -> Self {
        Self { given, canonical }
    }

    /// The address as it was given, without spaces around it; mail goes only there.
    pub fn as_given(&self) -> &str {
        &self.given
    }

    /// The form that addresses are compared by; stored beside the given one.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The domain in its ASCII form.
    pub fn domain(&self) -> &str {
        self.canonical.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// The address with most of it hidden, such as `a***@example.org`: for pages that a forwarded link may open.
    pub fn masked(&self) -> String {
        let first = self.given.chars().next().unwrap_or('*');
        format!("{first}***@{}", self.domain())
    }
}

impl FromStr for EmailAddress {
    type Err = AddressProblem;

    fn from_str(text: &str) -> Result<Self, AddressProblem> {
        let given = text.trim();
        if given.is_empty() {
            return Err(AddressProblem::Empty);
        }
        if given.len() > MAX_LENGTH {
            return Err(AddressProblem::TooLong);
        }
        let (local, domain) = given.rsplit_once('@').ok_or(AddressProblem::Form)?;
        if local.is_empty() || domain.is_empty() {
            return Err(AddressProblem::Form);
        }
        let canonical = format!("{}@{}", canonical_local(local)?, canonical_domain(domain)?);
        Ok(Self {
            given: given.to_owned(),
            canonical,
        })
    }
}

/// The local part is a dot-atom of RFC 5322 (with RFC 6532's letters); quoted local parts are not taken.
fn canonical_local(local: &str) -> Result<String, AddressProblem> {
    if local.len() > MAX_LOCAL {
        return Err(AddressProblem::TooLong);
    }
    let atom = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| match c {
                c if c.is_ascii() => c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c),
                c => c.is_alphanumeric(),
            })
    };
    // A sign such as the Kelvin sign composes to a plain letter: two spellings of somebody else's address.
    let disguised = local
        .chars()
        .any(|c| !c.is_ascii() && std::iter::once(c).nfc().all(|n| n.is_ascii()));
    let composed: String = local.nfc().collect();
    if disguised || !composed.split('.').all(atom) {
        return Err(AddressProblem::Local);
    }
    Ok(composed
        .chars()
        .flat_map(fold)
        .collect::<String>()
        .nfc()
        .collect())
}

/// Lower case, but never into another script's look-alike: `İ` (dotted capital) must not become `i`.
fn fold(c: char) -> impl Iterator<Item = char> {
    let lower: Vec<char> = c.to_lowercase().collect();
    let folded = if !c.is_ascii() && lower.iter().any(char::is_ascii) {
        vec![c]
    } else {
        lower
    };
    folded.into_iter()
}

fn canonical_domain(domain: &str) -> Result<String, AddressProblem> {
    let ascii = idna::domain_to_ascii_strict(domain).map_err(|_| AddressProblem::Domain)?;
    let labels: Vec<&str> = ascii.split('.').collect();
    let numeric = labels
        .last()
        .is_some_and(|last| last.chars().all(|c| c.is_ascii_digit()));
    if labels.len() < 2 || labels.iter().any(|label| label.is_empty()) || numeric || ascii.len() > 253 {
        return Err(AddressProblem::Domain);
    }
    Ok(ascii)
}

impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

impl Eq for EmailAddress {}

impl std::hash::Hash for EmailAddress {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.canonical.hash(state);
    }
}

/// Hides the address: it must not come into a log by way of `{:?}`.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<EmailAddress, AddressProblem> {
        text.parse()
    }

    #[test]
    fn case_spaces_and_unicode_forms_do_not_matter() {
        for (left, right) in [
            ("Ada@Example.ORG", "ada@example.org"),
            (" ada@example.org\t", "ada@example.org"),
            ("ada@b\u{fc}cher.example", "ADA@xn--bcher-kva.example"),
            ("zo\u{eb}@example.org", "zoe\u{308}@example.org"),
        ] {
            assert_eq!(parse(left), parse(right), "{left} {right}");
        }
    }

    #[test]
    fn look_alikes_are_different() {
        for (left, right) in [
            ("m\u{131}ke@example.org", "mike@example.org"),
            ("M\u{130}KE@example.org", "mike@example.org"),
            ("ada+one@example.org", "ada@example.org"),
            ("a.da@example.org", "ada@example.org"),
            ("p\u{430}ul@example.org", "paul@example.org"),
        ] {
            assert_ne!(parse(left).unwrap(), parse(right).unwrap(), "{left} {right}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_what_is_wrong() {
        let long = format!("{}@example.org", "x".repeat(65));
        for (text, problem) in [
            ("", AddressProblem::Empty),
            ("   ", AddressProblem::Empty),
            ("ada", AddressProblem::Form),
            ("@example.org", AddressProblem::Form),
            ("ada@", AddressProblem::Form),
            ("ada lovelace@example.org", AddressProblem::Local),
            ("ada@lovelace@example.org", AddressProblem::Local),
            ("<ada@example.org", AddressProblem::Local),
            ("ada,bob@example.org", AddressProblem::Local),
            (".ada@example.org", AddressProblem::Local),
            ("ada..b@example.org", AddressProblem::Local),
            ("\u{212a}ate@example.org", AddressProblem::Local),
            ("ada@example", AddressProblem::Domain),
            ("ada@.example.org", AddressProblem::Domain),
            ("ada@exa mple.org", AddressProblem::Domain),
            ("ada@127.0.0.1", AddressProblem::Domain),
            ("ada@-example.org", AddressProblem::Domain),
            ("ada\r\nBcc: x@example.org", AddressProblem::Local),
            (long.as_str(), AddressProblem::TooLong),
        ] {
            assert_eq!(parse(text).err(), Some(problem), "{text}");
        }
    }

    #[test]
    fn a_stored_address_is_not_looked_at_again() {
        let stored = EmailAddress::stored("a b@old".to_owned(), "a b@old".to_owned());
        assert!(parse("a b@old").is_err());
        assert_eq!((stored.as_given(), stored.canonical()), ("a b@old", "a b@old"));
        let parsed = parse("Ada@Example.org").unwrap();
        let again = EmailAddress::stored(parsed.as_given().to_owned(), parsed.canonical().to_owned());
        assert_eq!(again, parsed);
    }

    #[test]
    fn nothing_prints_an_address_by_accident() {
        let address = parse("ada@example.org").unwrap();
        assert!(!format!("{address:?}").contains("ada"));
        assert_eq!(address.masked(), "a***@example.org");
    }
}
