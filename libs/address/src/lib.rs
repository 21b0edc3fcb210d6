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

mod canonical;
mod domain_rule;
mod meant;

use std::fmt;
use std::str::FromStr;

use muster_text::CodePoint;
use thiserror::Error;

pub use domain_rule::DomainRule;
pub use meant::meant;

/// The longest address, in bytes: RFC 5321, section 4.5.3.1.3, less the angle brackets.
const MAX_LENGTH: usize = 254;

/// An address that mail can be sent to.
///
/// Two addresses are equal when their canonical forms are: trimmed, case folded (Unicode CaseFolding), NFC, the domain as
/// IDNA (UTS 46) ASCII. A letter outside ASCII is never folded into ASCII, so that look-alikes such as the dotless i or
/// the long s stay different.
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
    /// A character that nobody sees, anywhere in it. Joiners that the writing needs where they stand (RFC 5892, appendix
    /// A.1 and A.2) are none.
    #[error("holds {0}, which cannot be seen; remove it")]
    Unseen(CodePoint),
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
        if let Some(c) = canonical::unseen(given) {
            return Err(AddressProblem::Unseen(CodePoint(c)));
        }
        if given.len() > MAX_LENGTH {
            return Err(AddressProblem::TooLong);
        }
        let (local, domain) = given.rsplit_once('@').ok_or(AddressProblem::Form)?;
        if local.is_empty() || domain.is_empty() {
            return Err(AddressProblem::Form);
        }
        let canonical = format!("{}@{}", canonical::local(local)?, canonical::domain(domain)?);
        Ok(Self {
            given: given.to_owned(),
            canonical,
        })
    }
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
            ("ΝΙΚΟΣ@example.org", "νικος@example.org"),
            ("STRA\u{1e9e}E@example.org", "stra\u{df}e@example.org"),
            ("\u{1f80}@example.org", "\u{1f88}@example.org"),
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
            ("\u{17f}am@example.org", "sam@example.org"),
            ("stra\u{df}e@example.org", "strasse@example.org"),
            ("\u{fb01}n@example.org", "fin@example.org"),
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
    fn letters_may_carry_combining_marks() {
        for text in [
            "\u{938}\u{902}\u{92a}\u{930}\u{94d}\u{915}@example.test",
            "\u{628}\u{64e}\u{631}\u{650}\u{64a}\u{62f}@example.test",
            "\u{646}\u{627}\u{645}\u{647}\u{200c}\u{627}\u{6cc}@example.test",
            "\u{dc1}\u{dca}\u{200d}\u{dbb}\u{dd3}@\u{dc1}\u{dca}\u{200d}\u{dbb}\u{dd3}.example",
        ] {
            let address = parse(text).unwrap();
            assert_eq!(Ok(&address), parse(address.canonical()).as_ref(), "{text}");
        }
        for text in [
            "\u{301}a@example.test",
            "a.\u{94d}b@example.test",
            "a\u{20dd}@example.test",
        ] {
            assert_eq!(parse(text).err(), Some(AddressProblem::Local), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_named_wherever_it_stands() {
        let unseen = "\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{180e}\u{200b}\u{200c}\u{200d}\u{200e}\u{202e}\u{2060}\u{2066}\
                      \u{2800}\u{3164}\u{fe0f}\u{feff}\u{ffa0}\u{e0041}\u{e0100}";
        for c in unseen.chars() {
            let address = "ada.b@example.test";
            for at in (0..=address.len()).rev() {
                let text = format!("{}{c}{}", &address[..at], &address[at..]);
                assert_eq!(
                    parse(&text).err(),
                    Some(AddressProblem::Unseen(CodePoint(c))),
                    "{} at {at}",
                    CodePoint(c)
                );
            }
        }
        let variant = parse("\u{845b}\u{e0100}@example.test").unwrap_err().to_string();
        assert_eq!(variant, "holds U+E0100, which cannot be seen; remove it");
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
