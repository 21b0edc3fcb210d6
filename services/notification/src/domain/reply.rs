//! A mail server's reply.

use std::fmt;

/// How much of the text is kept, in bytes.
const MAX_TEXT: usize = 512;

/// A reply (RFC 5321, section 4.2). Its three digits are what counts; the text may be anything, or missing.
///
/// [`Display`](fmt::Display) shows the code and the enhanced status (RFC 3463), such as `550 5.1.1`: servers repeat the
/// address of the recipient in the text. [`Reply::text`] is for replies that cannot hold one.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    enhanced: Option<String>,
    text: Vec<u8>,
}

/// What the first digit of a code says (RFC 5321, section 4.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// 2yz: it is done.
    Completion,
    /// 3yz: something more is awaited.
    Intermediate,
    /// 4yz: it may work later.
    Transient,
    /// 5yz: it will not work.
    Permanent,
}

impl Reply {
    /// A reply of one line.
    #[must_use]
    pub fn new(code: u16, text: impl AsRef<[u8]>) -> Self {
        Self::of_lines(code, &[text])
    }

    /// A reply of several lines, without their codes. What is beyond 512 bytes of text is dropped.
    #[must_use]
    pub fn of_lines(code: u16, lines: &[impl AsRef<[u8]>]) -> Self {
        let mut lines = lines.iter().map(AsRef::as_ref);
        let enhanced = lines.clone().find_map(|line| enhanced_status(code, line));
        let mut text = lines.next().unwrap_or_default().to_vec();
        for line in lines {
            text.push(b' ');
            text.extend_from_slice(line);
            if text.len() > MAX_TEXT {
                break;
            }
        }
        text.truncate(MAX_TEXT);
        Self { code, enhanced, text }
    }

    /// The three digits.
    #[must_use]
    pub fn code(&self) -> u16 {
        self.code
    }

    /// What the first digit says; `None` when it is none of the four that there are.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        match self.code / 100 {
            2 => Some(Severity::Completion),
            3 => Some(Severity::Intermediate),
            4 => Some(Severity::Transient),
            5 => Some(Severity::Permanent),
            _ => None,
        }
    }

    /// The code and the text, on one line, with everything but printable ASCII escaped. It may hold the address of a
    /// recipient when the reply is one about a message.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{} {}", self.code, self.text.escape_ascii())
            .trim_end()
            .to_owned()
    }
}

/// `class.subject.detail` at the beginning of a line (RFC 2034), with the class of the code and one to three digits in
/// the others.
fn enhanced_status(code: u16, line: &[u8]) -> Option<String> {
    let word = line.split(u8::is_ascii_whitespace).next()?;
    let word = std::str::from_utf8(word).ok()?;
    let parts: Vec<&str> = word.split('.').collect();
    let number =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let of_this_class = matches!(parts[..], [class, _, _] if class == (code / 100).to_string());
    (of_this_class && parts.iter().all(number)).then(|| word.to_owned())
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.enhanced {
            Some(enhanced) => write!(f, "{} {enhanced}", self.code),
            None => write!(f, "{}", self.code),
        }
    }
}

impl fmt::Debug for Reply {
    /// Without the text, too.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_shown_without_its_text() {
        let shown = |code, text: &str| Reply::new(code, text).to_string();
        assert_eq!(shown(550, "5.1.1 <ada@example.org>: no such user"), "550 5.1.1");
        assert_eq!(shown(250, "2.0.0 Ok: queued as 4F2A"), "250 2.0.0");
        assert_eq!(shown(250, "ada@example.org queued"), "250");
        assert_eq!(shown(450, "5.1.1 wrong class"), "450");
        assert_eq!(shown(450, ""), "450");
        let reply = Reply::new(550, "5.1.1 <ada@example.org>: no such user");
        assert_eq!(format!("{reply:?}"), "Reply(550 5.1.1)");
    }

    #[test]
    fn the_status_may_stand_in_any_line() {
        let reply = Reply::of_lines(550, &["we are sorry", "5.7.1 not allowed"]);
        assert_eq!(reply.to_string(), "550 5.7.1");
    }

    #[test]
    fn any_text_is_shown_on_one_line_of_ascii() {
        let text = |bytes: &[u8]| Reply::new(554, bytes).text();
        assert_eq!(text(b"Gr\xfc\xdf Gott"), r"554 Gr\xfc\xdf Gott");
        assert_eq!(text("a\r\nb\u{202e}".as_bytes()), r"554 a\r\nb\xe2\x80\xae");
        assert_eq!(text(b""), "554");
        assert!(text(&[b'x'; 100_000]).len() < 600);
        let many = Reply::of_lines(554, &vec!["line"; 10_000]);
        assert!(many.text().starts_with("554 line line ") && many.text().len() < 600);
    }
}
