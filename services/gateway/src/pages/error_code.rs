//! What issuers call their errors.

use std::fmt;

/// The longest code that is told; those of the OAuth registry are shorter.
const LONGEST: usize = 64;

/// An OAuth `error` (RFC 6749, sections 4.1.2.1 and 5.2) as it may stand in a log. Anything else that was said instead is
/// not repeated: whoever makes a link can say it.
#[derive(Debug)]
pub(crate) struct ErrorCode(Option<String>);

impl ErrorCode {
    pub(crate) fn of(said: Option<&str>) -> Self {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        let code = said.filter(|said| (1..=LONGEST).contains(&said.len()) && said.bytes().all(plain));
        Self(code.map(str::to_owned))
    }

    /// The person, or the issuer for them, said no.
    pub(crate) fn is_denial(&self) -> bool {
        self.0.as_deref() == Some("access_denied")
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.0.as_deref().unwrap_or("no code of an error"))
    }
}

#[cfg(test)]
mod tests {
    use super::ErrorCode;

    #[test]
    fn only_what_looks_like_a_code_is_repeated() {
        for code in ["invalid_request", "access_denied", "AADSTS50011", "x-1.2"] {
            assert_eq!(ErrorCode::of(Some(code)).to_string(), code);
        }
        let long = "x".repeat(65);
        for other in [
            None,
            Some(""),
            Some("a\nb"),
            Some("a b"),
            Some("é"),
            Some(long.as_str()),
        ] {
            assert_eq!(
                ErrorCode::of(other).to_string(),
                "no code of an error",
                "{other:?}"
            );
        }
    }
}
