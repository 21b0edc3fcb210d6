//! What we call ourselves.

use std::str::FromStr;

use thiserror::Error;

/// The name in EHLO (RFC 5321, section 4.1.1.1): a domain, or an address in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelloName(String);

/// The text is no such name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must be a domain such as mail.example.org, or an address in brackets such as [192.0.2.1]")]
pub struct HelloNameProblem;

impl FromStr for HelloName {
    type Err = HelloNameProblem;

    fn from_str(text: &str) -> Result<Self, HelloNameProblem> {
        let literal = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let is_in_domain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
        let is_in_literal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':');
        let is_good = match literal {
            Some(literal) => !literal.is_empty() && literal.bytes().all(is_in_literal),
            None => !text.is_empty() && text.len() <= 255 && text.bytes().all(is_in_domain),
        };
        is_good.then(|| Self(text.to_owned())).ok_or(HelloNameProblem)
    }
}

impl HelloName {
    /// The name of this machine; an address where it cannot stand in a command.
    #[must_use]
    pub fn of_machine() -> Self {
        let name = hostname::get().unwrap_or_default();
        let name = name.to_string_lossy().parse();
        name.unwrap_or_else(|_| Self("[127.0.0.1]".to_owned()))
    }

    /// As it stands in the command.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_domain_or_an_address_and_cannot_hold_a_command() {
        for good in [
            "mail.example.org",
            "localhost",
            "[192.0.2.1]",
            "[IPv6:2001:db8::1]",
        ] {
            assert_eq!(good.parse::<HelloName>().unwrap().as_str(), good);
        }
        for bad in ["", "a b", "a\r\nMAIL", "m\u{fc}ll.example", "[]", "[1.2.3.4"] {
            assert!(bad.parse::<HelloName>().is_err(), "{bad}");
        }
        assert!(!HelloName::of_machine().as_str().is_empty());
    }
}
