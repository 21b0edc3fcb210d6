//! The message itself: the same bytes at every attempt, as long as its owner tells the same.

use askama::Template;
use lettre::Address;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use muster_address::EmailAddress;
use muster_ids::DeliveryId;
use thiserror::Error;
use time::OffsetDateTime;
use time::macros::format_description;

/// The version of the words that new deliveries get. A delivery keeps its own: a resend after a release is still the
/// same message. Changed words are new files with a new version.
pub const TEMPLATE_VERSION: i32 = 1;

/// Who the mail says it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender(Mailbox);

/// What the owner of the thing tells about the mail, just before it is sent.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Where it goes to.
    pub address: EmailAddress,
    /// The link; a secret.
    pub link: String,
    /// Who invites.
    pub organization: String,
    /// The names of the groups to join.
    pub groups: Vec<String>,
    /// Until when the link works.
    pub expire_time: Option<OffsetDateTime>,
}

/// What a delivery keeps so that every attempt has the same bytes.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// The delivery; the boundary between the parts derives from it.
    pub delivery: DeliveryId,
    /// The Message-ID header.
    pub message_id: String,
    /// The Date header.
    pub create_time: OffsetDateTime,
    /// The version of the words.
    pub template_version: i32,
}

/// A message, ready for the mail server.
pub struct Rendered {
    /// The sender of the envelope.
    pub from: Address,
    /// The one recipient of the envelope.
    pub to: Address,
    /// Headers and body (RFC 5322), 7-bit unless the address is not.
    pub bytes: Vec<u8>,
}

/// Why no message can be written. Says nothing of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MessageProblem {
    /// The delivery was made by a newer release.
    #[error("this release does not have the words of the delivery")]
    UnknownTemplate,
    /// The address cannot stand in an envelope.
    #[error("the address cannot be sent to")]
    Address,
    /// The words or the headers do not fit together.
    #[error("the message cannot be written")]
    Form,
}

/// The Message-ID of a delivery (RFC 5322, section 3.6.4).
#[must_use]
pub fn message_id(delivery: DeliveryId, sender: &Sender) -> String {
    format!("<{delivery}@{}>", sender.0.email.domain())
}

impl std::str::FromStr for Sender {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        text.parse()
            .map(Self)
            .map_err(|_| "must be an address, or a name and an address: Muster <no-reply@example.org>")
    }
}

#[derive(Template)]
#[template(path = "invite.v1.txt")]
struct InviteText<'a> {
    organization: &'a str,
    groups: &'a [String],
    link: &'a str,
    until: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "invite.v1.html")]
struct InviteHtml<'a> {
    organization: &'a str,
    groups: &'a [String],
    link: &'a str,
    until: Option<&'a str>,
}

impl Mail {
    /// Writes the message.
    ///
    /// # Errors
    /// See [`MessageProblem`].
    pub fn render(&self, sender: &Sender, stamp: &Stamp) -> Result<Rendered, MessageProblem> {
        if stamp.template_version != TEMPLATE_VERSION {
            return Err(MessageProblem::UnknownTemplate);
        }
        let organization = plain(&self.organization);
        let (text, html) = self.words(&organization)?;
        let to = self.recipient()?;
        let parts = MultiPart::alternative()
            .boundary(format!("muster-{}", stamp.delivery.as_uuid().simple()))
            .singlepart(part(ContentType::TEXT_PLAIN, &text)?)
            .singlepart(part(ContentType::TEXT_HTML, &html)?);
        let message = lettre::Message::builder()
            .from(sender.0.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(format!("{organization} invites you"))
            .date(stamp.create_time.into())
            .message_id(Some(stamp.message_id.clone()))
            .raw_header(automatic())
            .multipart(parts)
            .map_err(|_| MessageProblem::Form)?;
        Ok(Rendered {
            from: sender.0.email.clone(),
            to,
            bytes: message.formatted(),
        })
    }

    fn words(&self, organization: &str) -> Result<(String, String), MessageProblem> {
        let groups: Vec<String> = self.groups.iter().map(|group| plain(group)).collect();
        let (groups, link) = (groups.as_slice(), one_line(&self.link));
        let until = self.expire_time.and_then(in_words);
        let (link, until) = (link.as_str(), until.as_deref());
        let text = InviteText {
            organization,
            groups,
            link,
            until,
        }
        .render();
        let html = InviteHtml {
            organization,
            groups,
            link,
            until,
        }
        .render();
        text.and_then(|text| Ok((text, html?)))
            .map_err(|_| MessageProblem::Form)
    }

    /// The local part exactly as it was given, the domain in the form that DNS knows.
    fn recipient(&self) -> Result<Address, MessageProblem> {
        let (local, _) = self
            .address
            .as_given()
            .rsplit_once('@')
            .ok_or(MessageProblem::Address)?;
        Address::new(local, self.address.domain()).map_err(|_| MessageProblem::Address)
    }
}

/// The longest line, without its end (RFC 5322, section 2.1.1).
const MAX_LINE: usize = 998;

/// Plain whenever it can be, and base64 otherwise, so that any server takes it and every attempt has the same bytes.
/// Quoted-printable would cut a link at 76 characters and write `=` as `=3D`: some programs, and everybody who copies
/// it from the source, then follow a link that does not exist.
fn part(kind: ContentType, text: &str) -> Result<SinglePart, MessageProblem> {
    let text = text.lines().collect::<Vec<_>>().join("\r\n");
    let is_plain = text.is_ascii() && text.lines().all(|line| line.len() <= MAX_LINE);
    let body = if is_plain {
        Body::dangerous_pre_encoded(text.into_bytes(), ContentTransferEncoding::SevenBit)
    } else {
        Body::new_with_encoding(text, ContentTransferEncoding::Base64).map_err(|_| MessageProblem::Form)?
    };
    Ok(SinglePart::builder().header(kind).body(body))
}

/// No auto-responder answers (RFC 3834).
fn automatic() -> HeaderValue {
    HeaderValue::new(
        HeaderName::new_from_ascii_str("Auto-Submitted"),
        "auto-generated".to_owned(),
    )
}

/// Names are written by people: a line break in one must not become a header, or a line of its own.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// A name on one line, with nothing that a mail program makes a link of. Names with links are not taken any more; older
/// ones get a space after the dot or the colon.
fn plain(name: &str) -> String {
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

fn in_words(at: OffsetDateTime) -> Option<String> {
    at.to_offset(time::UtcOffset::UTC)
        .format(format_description!(
            "[day padding:none] [month repr:long] [year], [hour]:[minute] UTC"
        ))
        .ok()
}

impl std::fmt::Debug for Rendered {
    /// Without address and text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rendered")
            .field("length", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
