//! What a server says it can do beyond RFC 5321.

use super::answer::Answer;

/// The service extensions of the reply to EHLO that make a difference here. Statuses (RFC 2034) are read wherever a
/// reply has one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Extensions {
    /// Commands may follow one another without waiting (RFC 2920).
    pub(super) pipelining: bool,
    /// Bytes outside ASCII may be sent in the message (RFC 6152).
    pub(super) eight_bit_mime: bool,
    /// Addresses may be outside ASCII (RFC 6531).
    pub(super) smtp_utf8: bool,
    /// The size of a message may be announced (RFC 1870).
    pub(super) size: Option<Size>,
    /// Which reports are wanted may be said (RFC 3461).
    pub(super) dsn: bool,
    /// TLS may begin (RFC 3207).
    pub(super) start_tls: bool,
    /// The ways to log in (RFC 4954), in capitals.
    pub(super) auth: Vec<String>,
}

/// The largest message that a server takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// It does not say.
    Unknown,
    /// So many bytes.
    AtMost(u64),
}

impl Extensions {
    /// Reads the reply to EHLO. The first line is a greeting.
    pub(super) fn of(answer: &Answer) -> Self {
        let mut extensions = Self::default();
        for line in answer.lines().skip(1) {
            // Before the standard some wrote `AUTH=LOGIN`, and some still do beside it.
            let line = String::from_utf8_lossy(line)
                .to_ascii_uppercase()
                .replace("AUTH=", "AUTH ");
            let mut words = line.split_ascii_whitespace();
            match words.next() {
                Some("PIPELINING") => extensions.pipelining = true,
                Some("8BITMIME") => extensions.eight_bit_mime = true,
                Some("SMTPUTF8") => extensions.smtp_utf8 = true,
                Some("SIZE") => extensions.size = Some(Size::of(words.next())),
                Some("DSN") => extensions.dsn = true,
                Some("STARTTLS") => extensions.start_tls = true,
                Some("AUTH") => extensions.auth.extend(words.map(str::to_owned)),
                _ => {}
            }
        }
        extensions
    }
}

impl Size {
    /// Zero stands for no fixed limit.
    fn of(limit: Option<&str>) -> Self {
        match limit.and_then(|limit| limit.parse().ok()) {
            None | Some(0) => Self::Unknown,
            Some(limit) => Self::AtMost(limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Extensions {
        let (answer, _) = Answer::parse(text.as_bytes()).unwrap().unwrap();
        Extensions::of(&answer)
    }

    #[test]
    fn extensions_are_read_in_any_case_and_unknown_ones_are_passed_over() {
        let all = of(
            "250-pipelining is my name\r\n250-8bitmime\r\n250-SMTPUTF8\r\n250-XYZZY 1\r\n250 Size 1000\r\n",
        );
        assert!(!all.pipelining && all.eight_bit_mime && all.smtp_utf8);
        assert_eq!(all.size, Some(Size::AtMost(1000)));
        assert!(of("250-a\r\n250 PIPELINING\r\n").pipelining);
        assert_eq!(of("250-a\r\n250 SIZE 0\r\n").size, Some(Size::Unknown));
        assert_eq!(of("250-a\r\n250 SIZE\r\n").size, Some(Size::Unknown));
        let auth = of("250-a\r\n250-AUTH=LOGIN\r\n250-auth plain xoauth2\r\n250 STARTTLS\r\n");
        assert_eq!(auth.auth, ["LOGIN", "PLAIN", "XOAUTH2"]);
        assert!(auth.start_tls && !auth.dsn && of("250-a\r\n250 dsn\r\n").dsn);
        assert_eq!(of("250 mail\r\n"), Extensions::default());
    }
}
