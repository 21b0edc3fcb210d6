//! What is kept of a mail server's reply.

use std::fmt;

/// The code of a reply (RFC 5321, section 4.2) and its enhanced status (RFC 2034), such as `550 5.1.1`. The text is
/// dropped: servers repeat the address in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    enhanced: Option<String>,
}

impl Reply {
    /// A reply with this code whose text begins with its enhanced status, or does not.
    #[must_use]
    pub fn new(code: u16, text: &str) -> Self {
        let enhanced = text
            .split_whitespace()
            .next()
            .filter(|word| is_enhanced(code, word))
            .map(str::to_owned);
        Self { code, enhanced }
    }

    /// The three digits.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.code
    }
}

/// `class.subject.detail`, with the class of the code and one to three digits in the others.
fn is_enhanced(code: u16, word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let number =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    matches!(parts[..], [class, _, _] if class == (code / 100).to_string()) && parts.iter().all(number)
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.enhanced {
            Some(enhanced) => write!(f, "{} {enhanced}", self.code),
            None => write!(f, "{}", self.code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_kept_without_its_text() {
        assert_eq!(
            Reply::new(550, "5.1.1 <ada@example.org>: no such user").to_string(),
            "550 5.1.1"
        );
        assert_eq!(
            Reply::new(250, "2.0.0 Ok: queued as 4F2A").to_string(),
            "250 2.0.0"
        );
        assert_eq!(Reply::new(250, "ada@example.org queued").to_string(), "250");
        assert_eq!(Reply::new(450, "5.1.1 wrong class").to_string(), "450");
        assert_eq!(Reply::new(450, "").to_string(), "450");
    }
}
