//! The message itself: the same bytes at every attempt, as long as its source tells the same.

use lettre::Address;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use muster_address::EmailAddress;
use muster_clock::Zone;
use muster_ids::DeliveryId;
use muster_language::Language;
use sha2::{Digest, Sha256};
use thiserror::Error;
use time::OffsetDateTime;

use super::{Circumstances, Purpose, Variables, write};

/// Who the mail says it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender(Mailbox);

/// What the source of the mail, the owner of the thing, tells about the mail, just before it is sent.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Why it is sent.
    pub purpose: Purpose,
    /// Where it goes to.
    pub address: EmailAddress,
    /// Until when the thing can be used that it is about.
    pub expire_time: Option<OffsetDateTime>,
    /// In which its times are said, if its words do so.
    pub zone: Zone,
    /// In which language, if its words are in several.
    pub language: Language,
    /// What it says; a secret.
    pub variables: Variables,
}

/// What a delivery keeps so that every attempt has the same bytes.
#[derive(Debug, Clone)]
pub struct Stamp {
    /// The delivery; the boundary between the parts derives from it.
    pub delivery: DeliveryId,
    /// The Message-ID header.
    pub message_id: String,
    /// The Date header.
    pub date: OffsetDateTime,
    /// The version of the words.
    pub template_version: i32,
    /// The Message-ID of an earlier message that this one stands for.
    pub replaces: Option<String>,
}

impl Stamp {
    /// The stamp of a message that takes the place of this one: another Message-ID, because the bytes differ (RFC 5322,
    /// section 3.6.4).
    #[must_use]
    pub fn replacement(&self, now: OffsetDateTime, template_version: i32) -> Self {
        Self {
            delivery: self.delivery,
            message_id: self.message_id.replacen('@', ".2@", 1),
            date: now,
            template_version,
            replaces: Some(self.message_id.clone()),
        }
    }
}

/// A message, ready for the mail server.
pub struct Rendered {
    /// The sender of the envelope.
    pub from: Address,
    /// Whether reports to that sender are read by a program: they are asked for without the message, and of failures only.
    pub reports_are_read: bool,
    /// The one recipient of the envelope.
    pub to: Address,
    /// Headers and body (RFC 5322), 7-bit unless the address is not.
    pub bytes: Vec<u8>,
}

impl Rendered {
    /// SHA-256 of the bytes. They hold a secret link, so that nobody can guess them. It is taken before signatures are put before them:
    /// with those of another key it is the same message.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }
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
    /// No signature could be made, which is not the message's fault.
    #[error("the message cannot be signed")]
    Unsigned,
}

impl Sender {
    /// The domain of the address.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.email.domain()
    }
}

/// The Message-ID of a delivery (RFC 5322, section 3.6.4).
#[must_use]
pub fn message_id(delivery: DeliveryId, sender: &Sender) -> String {
    format!("<{delivery}@{}>", sender.domain())
}

impl std::str::FromStr for Sender {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        text.parse()
            .map(Self)
            .map_err(|_| "must be an address, or a name and an address: Muster <no-reply@example.org>")
    }
}

impl Mail {
    /// Writes the message.
    ///
    /// # Errors
    /// See [`MessageProblem`].
    pub fn render(&self, sender: &Sender, stamp: &Stamp) -> Result<Rendered, MessageProblem> {
        let circumstances = Circumstances {
            expire_time: self.expire_time,
            zone: self.zone.clone(),
            replaces: stamp.replaces.is_some(),
        };
        let words = write(
            self.purpose,
            stamp.template_version,
            &self.variables,
            &circumstances,
            self.language,
        )?;
        let to = self.recipient()?;
        let parts = MultiPart::alternative()
            .boundary(format!("muster-{}", stamp.delivery.as_uuid().simple()))
            .singlepart(part(ContentType::TEXT_PLAIN, &words.text)?)
            .singlepart(part(ContentType::TEXT_HTML, &words.html)?);
        let mut builder = lettre::Message::builder();
        if let Some(replaced) = &stamp.replaces {
            // The header of RFC 4021 for this; by `References` mail programs show the two together.
            builder = builder
                .references(replaced.clone())
                .raw_header(header("Supersedes", replaced));
        }
        if let Some(language) = words.language {
            // RFC 3282: what reads mails aloud knows how.
            builder = builder.raw_header(header("Content-Language", language.tag()));
        }
        let message = builder
            .from(sender.0.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(words.subject)
            .date(stamp.date.into())
            .message_id(Some(stamp.message_id.clone()))
            // No auto-responder answers (RFC 3834).
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .multipart(parts)
            .map_err(|_| MessageProblem::Form)?;
        Ok(Rendered {
            from: sender.0.email.clone(),
            reports_are_read: false,
            to,
            bytes: message.formatted(),
        })
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

/// A header that lettre has no type for.
fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
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
