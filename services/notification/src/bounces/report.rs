//! Reading reports: what a mail to a return path says of the message that it is the return path of (RFC 3464 in RFC 6522).
//!
//! Only the outermost multipart is looked at, and of it only the part for programs: what somebody quotes or attaches is no report of
//! theirs. Every server writes these a bit differently, so that what is missing or odd is passed over as long as it is clear what is
//! meant.

use mail_parser::{ContentType, MessageParser, MimeHeaders, PartType};

use super::ReturnPaths;
use crate::domain::reported;

/// There are three, and a signature of a mailing list perhaps.
const MAX_PARTS: usize = 16;
/// As much as is looked at of the fields of MIME in a head, in bytes: a parser takes longer by the square of how many parameters there
/// are.
const MAX_FIELDS: usize = 8 * 1024;
/// A message has one recipient, which a server of theirs may have made several of.
const MAX_RECIPIENTS: usize = 100;

/// What a mail to a return path comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Report {
    /// The message reached nobody, and nobody tries any more. Why, shown as the reply of a server is: without addresses.
    Undelivered(String),
    /// It has been delivered, or handed on, or it may still be.
    NotOver,
    /// It is no report that can be read: an automatic answer, say.
    Unreadable,
}

/// Reads a mail to this return path.
pub(super) fn read(mail: &[u8], return_path: &str) -> Report {
    match status_of(mail) {
        Some(status) => judge(&recipients(&status), return_path),
        None => Report::Unreadable,
    }
}

/// What became of the message for one recipient.
#[derive(Debug, Default)]
struct Recipient {
    /// In lower case.
    action: String,
    status: Option<String>,
    diagnostic: String,
    /// What they are called: as the message was sent to, and as it went on.
    addresses: Vec<String>,
}

/// Whoever was reached, or is tried further: then the message did not come back, whatever became of other copies that a server made of it. Of
/// one that is delayed, what becomes of it is reported later.
fn judge(recipients: &[Recipient], return_path: &str) -> Report {
    if recipients.is_empty() {
        return Report::Unreadable;
    }
    let failed = recipients.iter().find(|recipient| recipient.action == "failed");
    match failed {
        Some(failed) if !recipients.iter().any(Recipient::is_or_may_be_reached) => {
            Report::Undelivered(words(failed, recipients, return_path))
        }
        _ => Report::NotOver,
    }
}

fn words(failed: &Recipient, recipients: &[Recipient], return_path: &str) -> String {
    let addresses = recipients.iter().flat_map(|recipient| &recipient.addresses);
    let named: Vec<(&str, &str)> = addresses.filter_map(|address| address.rsplit_once('@')).collect();
    let masked = match &named[..] {
        [] => Vec::new(),
        named => [named, &[ReturnPaths::hidden_of(return_path)]].concat(),
    };
    reported(failed.status.as_deref(), &failed.diagnostic, &masked)
}

/// The fields of each recipient. The first group of fields is about the message; what has an action is a recipient, wherever it stands.
fn recipients(status: &str) -> Vec<Recipient> {
    let mut recipients = Vec::new();
    let mut current = Recipient::default();
    for line in unfolded(status).iter().map(String::as_str).chain([""]) {
        if line.is_empty() {
            let group = std::mem::take(&mut current);
            if !group.action.is_empty() && recipients.len() < MAX_RECIPIENTS {
                recipients.push(group);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            current.take(&name.trim().to_ascii_lowercase(), value.trim());
        }
    }
    recipients
}

/// Lines that begin with space go on the one before (RFC 5322, section 2.2.3). What is empty ends a group.
fn unfolded(status: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in status.lines() {
        let text = line.trim();
        match lines.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) && !text.is_empty() && !last.is_empty() => {
                last.push(' ');
                last.push_str(text);
            }
            _ => lines.push(text.to_owned()),
        }
    }
    lines
}

impl Recipient {
    fn is_or_may_be_reached(&self) -> bool {
        matches!(
            self.action.as_str(),
            "delivered" | "relayed" | "expanded" | "delayed"
        )
    }

    /// A field of a recipient (RFC 3464, section 2.3).
    fn take(&mut self, name: &str, value: &str) {
        match name {
            "action" => self.action = word(value).to_ascii_lowercase(),
            "status" => {
                self.status = Some(word(value))
                    .filter(|word| is_status(word))
                    .map(str::to_owned)
            }
            "diagnostic-code" => self.diagnostic = of_type(value).to_owned(),
            "final-recipient" | "original-recipient" | "x-actual-recipient" => {
                self.addresses
                    .push(of_type(value).trim_matches(['<', '>']).to_owned());
            }
            _ => {}
        }
    }
}

/// The first word; what follows is a comment.
fn word(value: &str) -> &str {
    let end = |c: char| c.is_whitespace() || matches!(c, '(' | ';');
    value.split(end).next().unwrap_or_default()
}

/// What follows the type: `rfc822; ada@example.org`, `smtp; 550 5.1.1 no such user`.
fn of_type(value: &str) -> &str {
    value.split_once(';').map_or(value, |(_, value)| value).trim()
}

/// `5.1.1` (RFC 3463), of the two classes that can be said of what was not delivered.
fn is_status(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let number =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    matches!(parts[..], ["4" | "5", _, _]) && parts.iter().all(number)
}

/// The part for programs of a `multipart/report` about deliveries. The parts are taken apart here: a parser that follows whatever is
/// nested in them would go as deep as a stranger has it go.
fn status_of(mail: &[u8]) -> Option<String> {
    let (head, body) = head_and_body(mail);
    let boundary = boundary(head)?;
    let mut parts = parts(body, &boundary).into_iter();
    decoded(parts.find(|part| is_for_programs(part))?)
}

/// Reads the fields of MIME, and none beside them.
fn parser() -> MessageParser {
    MessageParser::new().with_mime_headers().default_header_ignore()
}

/// The fields of MIME of a head, each whole, and the empty line that ends it. Of the others there may be as many as there are.
fn mime_fields(head: &[u8]) -> Vec<u8> {
    const NAMES: &[u8] = b"Content-";
    let (mut fields, mut is_of_mime) = (Vec::new(), false);
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        if !matches!(line.first(), Some(b' ' | b'\t')) {
            let name = line.get(..NAMES.len());
            is_of_mime = name.is_some_and(|name| name.eq_ignore_ascii_case(NAMES));
        }
        if is_of_mime && fields.len() + line.len() <= MAX_FIELDS {
            fields.extend_from_slice(line);
        } else if is_of_mime {
            // What is left of it could mean something else.
            fields.clear();
            break;
        }
    }
    fields.extend_from_slice(b"\r\n");
    fields
}

fn boundary(head: &[u8]) -> Option<String> {
    let fields = mime_fields(head);
    let head = parser().parse_headers(&fields)?;
    let kind = head.parts.first()?.content_type()?;
    let report = kind.attribute("report-type");
    let is_of_deliveries = report.is_none_or(|report| report.eq_ignore_ascii_case("delivery-status"));
    let boundary = kind
        .attribute("boundary")
        .filter(|boundary| !boundary.is_empty())?;
    (is_of(kind, "multipart", "report") && is_of_deliveries).then(|| boundary.to_owned())
}

/// Also where addresses are outside ASCII (RFC 6533).
fn is_for_programs(part: &[u8]) -> bool {
    let (head, _) = head_and_body(part);
    let fields = mime_fields(head);
    let Some(head) = parser().parse_headers(&fields) else {
        return false;
    };
    let kind = head.parts.first().and_then(|part| part.content_type());
    kind.is_some_and(|kind| {
        is_of(kind, "message", "delivery-status") || is_of(kind, "message", "global-delivery-status")
    })
}

fn is_of(kind: &ContentType<'_>, main: &str, sub: &str) -> bool {
    kind.ctype().eq_ignore_ascii_case(main) && kind.subtype().is_some_and(|own| own.eq_ignore_ascii_case(sub))
}

/// What it says, in whichever encoding it came.
fn decoded(part: &[u8]) -> Option<String> {
    let (head, body) = head_and_body(part);
    let part = [mime_fields(head).as_slice(), body].concat();
    let message = parser().parse(&part)?;
    Some(match &message.parts.first()?.body {
        PartType::Text(text) | PartType::Html(text) => text.to_string(),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        PartType::Message(_) | PartType::Multipart(_) => return None,
    })
}

/// Up to the first empty line, which belongs to the head, and what follows it.
fn head_and_body(text: &[u8]) -> (&[u8], &[u8]) {
    let mut end = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        end += line.len();
        if line.trim_ascii().is_empty() {
            break;
        }
    }
    text.split_at_checked(end).unwrap_or((text, &[]))
}

/// The parts between the boundaries (RFC 2046, section 5.1.1); the last one may have been cut off.
fn parts<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let delimiter = format!("--{boundary}").into_bytes();
    let (mut parts, mut begin, mut at) = (Vec::new(), None, 0);
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let rest = line.trim_ascii_end().strip_prefix(delimiter.as_slice());
        let is_last = rest.is_some_and(|rest| rest == b"--");
        if is_last || rest.is_some_and(<[u8]>::is_empty) {
            if let Some(begin) = begin {
                parts.extend(body.get(begin..at));
            }
            begin = Some(at + line.len());
            if is_last || parts.len() >= MAX_PARTS {
                return parts;
            }
        }
        at += line.len();
    }
    parts.extend(begin.and_then(|begin| body.get(begin..)));
    parts
}

#[cfg(test)]
mod tests;
