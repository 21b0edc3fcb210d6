//! Reading messages: headers, and the text and HTML inside.

use mail_parser::{MessageParser, PartType};

/// A message taken apart as far as people look at it.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// As they stand in the message, unfolded, in order.
    pub(super) fields: Vec<(String, String)>,
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: String,
}

impl Message {
    /// Takes a message apart; what cannot be read is left out.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let Some(message) = MessageParser::default().parse(bytes) else {
            return Self::default();
        };
        let html = message.parts.iter().find_map(|part| match &part.body {
            PartType::Html(html) => Some(html.to_string()),
            _ => None,
        });
        let unfold = |value: &str| value.split_whitespace().collect::<Vec<_>>().join(" ");
        Self {
            fields: message
                .headers_raw()
                .map(|(name, value)| (name.to_owned(), unfold(value)))
                .collect(),
            subject: message.subject().unwrap_or_default().to_owned(),
            text: message.body_text(0).unwrap_or_default().replace("\r\n", "\n"),
            html: html.unwrap_or_default(),
        }
    }

    /// The headers of this name.
    pub(super) fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
        self.fields.iter().filter(named).map(|(_, value)| value.as_str())
    }

    /// The first of them, or nothing.
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers(name).next().unwrap_or_default()
    }
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
        assert_eq!(message.subject, "Gr\u{fc}\u{df}e!");
        let kind = "multipart/alternative; boundary=\"x\"";
        assert_eq!(message.header("content-type"), kind);
        assert_eq!(message.text.trim(), "http://a.test/link?x=1");
        assert_eq!(message.html, "<b>hi</b>");
    }
}
