//! Which addresses a list of domains lets in.

use std::fmt;
use std::str::FromStr;

use crate::{AddressProblem, EmailAddress, canonical};

/// `example.org`, which is this domain alone, or `*.example.org`, which is everything below it at any depth and not itself.
/// Compared in the ASCII form of IDNA, as the domains of addresses are.
///
/// ```
/// use muster_address::{DomainRule, EmailAddress};
///
/// let rule: DomainRule = "*.Bücher.example".parse()?;
/// assert!(rule.admits(&EmailAddress::parse("a@shop.xn--bcher-kva.example")?));
/// assert!(!rule.admits(&EmailAddress::parse("a@bücher.example")?));
/// # Ok::<(), muster_address::AddressProblem>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainRule(String);

const BELOW: &str = "*.";

impl DomainRule {
    /// A rule that was read before. Looked at by no rule: it stays readable when the rules change.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// In ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it lets an address in.
    #[must_use]
    pub fn admits(&self, address: &EmailAddress) -> bool {
        let domain = address.domain();
        match self.0.strip_prefix(BELOW) {
            Some(parent) => {
                let below = domain
                    .strip_suffix(parent)
                    .and_then(|rest| rest.strip_suffix('.'));
                below.is_some_and(|label| !label.is_empty())
            }
            None => domain == self.0,
        }
    }
}

impl FromStr for DomainRule {
    type Err = AddressProblem;

    fn from_str(text: &str) -> Result<Self, AddressProblem> {
        let text = text.trim();
        match text.strip_prefix(BELOW) {
            Some(parent) => canonical::domain(parent).map(|domain| Self(format!("{BELOW}{domain}"))),
            None => canonical::domain(text).map(Self),
        }
    }
}

impl fmt::Display for DomainRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_lets_in_exactly_what_it_names() {
        let rules =
            ["allowed.test", "*.dept.test", "bücher.example"].map(|text| text.parse::<DomainRule>().unwrap());
        let admits = |address: &str| {
            let address = address.parse::<EmailAddress>();
            address.is_ok_and(|address| rules.iter().any(|rule| rule.admits(&address)))
        };
        for inside in [
            "A@ALLOWED.TEST",
            "a@x.dept.test",
            "a@x.y.dept.test",
            "a@xn--bcher-kva.example",
            "a@bücher.example",
        ] {
            assert!(admits(inside), "{inside}");
        }
        for outside in [
            "a@allowed.test.evil.example",
            "a@notallowed.test",
            "a@sub.allowed.test",
            "a@dept.test",
            "a@xdept.test",
            "\"a@allowed.test\"@evil.example",
            "a@\u{430}llowed.test",
            "a@allowed.test.",
            "a@allowed.test.dept.test.evil.example",
            "a@x.dept.test.",
            "a@xn--bcher-kvb.example",
        ] {
            assert!(!admits(outside), "{outside}");
        }
        for wrong in [
            "",
            "*",
            "*.",
            "test",
            "a@allowed.test",
            "*.*.test",
            "https://allowed.test",
            "allowed.test.",
        ] {
            assert!(wrong.parse::<DomainRule>().is_err(), "{wrong:?}");
        }
    }
}
