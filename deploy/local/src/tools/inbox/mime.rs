//! Reading messages: headers, and the text and HTML inside.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A message taken apart as far as people look at it.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// Decoded, in order.
    pub(super) fields: Vec<(String, String)>,
    pub(super) text: String,
    pub(super) html: String,
}

impl Message {
    /// Takes a message apart; what cannot be read is left out.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let whole = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        let (fields, body) = split(&whole);
        let mut message = Self {
            fields,
            ..Self::default()
        };
        let fields = message.fields.clone();
        message.take_part(&fields, body, 0);
        message
    }

    /// The first header of this name, or nothing.
    pub(super) fn header(&self, name: &str) -> &str {
        field(&self.fields, name)
    }

    /// All headers of this name.
    pub(super) fn headers<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'m str> {
        self.fields
            .iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    fn take_part(&mut self, fields: &[(String, String)], body: &str, depth: usize) {
        let content_type = field(fields, "Content-Type");
        let kind = content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if let Some(boundary) =
            parameter(content_type, "boundary").filter(|_| kind.starts_with("multipart/") && depth < 5)
        {
            // What stands before the first boundary and after the last is for old mail programs.
            for part in format!("\n{body}").split(&format!("\n--{boundary}")).skip(1) {
                if part.starts_with("--") {
                    break;
                }
                let (fields, body) = split(part.trim_start_matches('\n'));
                self.take_part(&fields, body, depth + 1);
            }
            return;
        }
        let decoded = decode(body, field(fields, "Content-Transfer-Encoding"));
        match kind.as_str() {
            "text/html" if self.html.is_empty() => self.html = decoded,
            "text/plain" | "" if self.text.is_empty() => self.text = decoded,
            _ => {}
        }
    }
}

fn field<'f>(fields: &'f [(String, String)], name: &str) -> &'f str {
    fields
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map_or("", |(_, value)| value.as_str())
}

/// Headers (unfolded, decoded) and body.
fn split(whole: &str) -> (Vec<(String, String)>, &str) {
    let (head, body) = whole.split_once("\n\n").unwrap_or((whole, ""));
    let unfolded = head.replace("\n ", " ").replace("\n\t", " ");
    let fields = unfolded
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), decode_words(value.trim())))
        .collect();
    (fields, body)
}

fn parameter(content_type: &str, name: &str) -> Option<String> {
    content_type.split(';').skip(1).find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn decode(body: &str, encoding: &str) -> String {
    let bytes = match encoding.trim().to_ascii_lowercase().as_str() {
        "base64" => STANDARD
            .decode(body.split_whitespace().collect::<String>())
            .unwrap_or_default(),
        "quoted-printable" => quoted_printable(&body.replace("=\n", "")),
        _ => return body.to_owned(),
    };
    String::from_utf8_lossy(&bytes).replace("\r\n", "\n")
}

/// RFC 2045, section 6.7, after soft line breaks are gone.
fn quoted_printable(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let code = after.get(..2).and_then(|code| std::str::from_utf8(code).ok());
        match code
            .and_then(|code| u8::from_str_radix(code, 16).ok())
            .filter(|_| *first == b'=')
        {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => bytes.push(*first),
        }
    }
    bytes
}

/// Encoded words in headers: `=?utf-8?Q?…?=` (RFC 2047). Space between two of them is not part of the text.
fn decode_words(value: &str) -> String {
    let mut decoded = String::new();
    let mut rest = value;
    while let Some((before, word)) = rest.split_once("=?") {
        let mut parts = word.splitn(4, '?');
        let (Some(_charset), Some(encoding), Some(text), Some(after)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            break;
        };
        let bytes = match encoding {
            "B" | "b" => STANDARD.decode(text).unwrap_or_default(),
            _ => quoted_printable(&text.replace('_', " ")),
        };
        if decoded.is_empty() || !before.trim().is_empty() {
            decoded.push_str(before);
        }
        decoded.push_str(&String::from_utf8_lossy(&bytes));
        rest = after.strip_prefix('=').unwrap_or(after);
    }
    decoded + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multipart_message_shows_its_text_and_its_subject() {
        let message = Message::parse(
            b"Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= =?utf-8?B?IQ==?=\r\nTo: a@b.test\r\n\
              Content-Type: multipart/alternative;\r\n boundary=\"x\"\r\n\r\nold\r\n--x\r\n\
              Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
              http://a.test/=\r\nlink?x=3D1\r\n--x\r\nContent-Type: text/html\r\n\
              Content-Transfer-Encoding: base64\r\n\r\nPGI+aGk8L2I+\r\n--x--\r\n",
        );
        assert_eq!(message.header("subject"), "Gr\u{fc}\u{df}e!");
        assert_eq!(message.text.trim(), "http://a.test/link?x=1");
        assert_eq!(message.html, "<b>hi</b>");
    }
}
