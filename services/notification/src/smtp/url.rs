//! Where the mail server is.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// `smtp://host:port`; without a port, 25.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmtpUrl {
    /// Name or address of the server.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// The text is no such address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must have the form smtp://host:port")]
pub struct SmtpUrlProblem;

impl FromStr for SmtpUrl {
    type Err = SmtpUrlProblem;

    fn from_str(text: &str) -> Result<Self, SmtpUrlProblem> {
        let authority = text.strip_prefix("smtp://").ok_or(SmtpUrlProblem)?;
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !host.ends_with(':') => (host, port.parse().map_err(|_| SmtpUrlProblem)?),
            _ => (authority, 25),
        };
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        if host.is_empty() || !host.chars().all(is_plain) {
            return Err(SmtpUrlProblem);
        }
        Ok(Self {
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "smtp://{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_a_port() {
        let parsed = |text: &str| text.parse::<SmtpUrl>().map(|url| (url.host, url.port));
        assert_eq!(
            parsed("smtp://mail.example.org:2525"),
            Ok(("mail.example.org".to_owned(), 2525))
        );
        assert_eq!(parsed("smtp://127.0.0.1/"), Ok(("127.0.0.1".to_owned(), 25)));
        assert_eq!(parsed("smtp://[::1]:25"), Ok(("::1".to_owned(), 25)));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "mail.example.org",
            "smtp://",
            "smtps://a:465",
            "smtp://user:secret@a:25",
            "smtp://a:x",
        ] {
            assert_eq!(text.parse::<SmtpUrl>(), Err(SmtpUrlProblem), "{text}");
        }
    }
}
