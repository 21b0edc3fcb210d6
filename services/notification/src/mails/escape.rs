//! How values stand in mails. What people chose is shown as it is and becomes neither a header, a line of its own, markup,
//! nor a link.

use std::fmt::{self, Write};

use askama::filters::{Escaper, Html};

/// Values in the plain text.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Plain;

/// Values in HTML.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct PlainHtml;

impl Escaper for Plain {
    fn write_escaped_str<W: Write>(&self, mut dest: W, value: &str) -> fmt::Result {
        dest.write_str(&plain(value))
    }
}

impl Escaper for PlainHtml {
    fn write_escaped_str<W: Write>(&self, dest: W, value: &str) -> fmt::Result {
        Html.write_escaped_str(dest, &plain(value))
    }
}

/// A URL in HTML: text or attribute.
pub(super) fn html(url: &str) -> String {
    let mut escaped = String::with_capacity(url.len());
    // Writing to a string does not fail.
    let _ = Html.write_escaped_str(&mut escaped, url);
    escaped
}

/// Without line breaks and other control characters: a value must not become a header, or a line of its own.
pub(super) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// A name on one line, with nothing that a mail program makes a link of. Names with links are not taken any more; older
/// ones get a space after the dot or the colon.
pub(crate) fn plain(name: &str) -> String {
    // `=?` begins an encoded word (RFC 2047), which a header would be decoded from.
    let name = one_line(name).replace("://", ": //").replace("=?", "= ?");
    let mut plain = String::with_capacity(name.len());
    let mut before = None;
    let mut rest = name.chars();
    while let Some(c) = rest.next() {
        plain.push(c);
        // As in `evil.example`, but not as in `Y.M.C.A.`; IDNA takes three more characters for dots (RFC 3490).
        let is_dot = matches!(
            c,
            '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}' | '\u{2024}' | '\u{fe52}'
        );
        let follow = rest.as_str().chars().take_while(|c| c.is_alphanumeric()).take(2);
        if is_dot && before.is_some_and(char::is_alphanumeric) && follow.count() == 2 {
            plain.push(' ');
        }
        before = Some(c);
    }
    plain
}
