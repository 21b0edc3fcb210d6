//! DKIM signatures (RFC 6376, RFC 8463): whoever receives a message can tell that the domain of its sender sent it. Where the mail server
//! signs, which is usual, there are no keys here and nothing is signed.
//!
//! What a message is signed with hangs on its date alone, and both algorithms sign the same message alike every time: the resend of a
//! message that may have been taken has the same bytes, though keys were exchanged meanwhile.

mod canonical;
mod keys;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;
use time::OffsetDateTime;

use canonical::{Canonical, Field};
use keys::Key;
pub use keys::{DkimKeys, DkimKeysProblem};

/// Nobody can add another one of these, which a reader would be shown instead: they are signed once more than they occur (RFC 6376,
/// section 5.4.2).
const NO_MORE_OF: [&str; 7] = ["from", "to", "cc", "reply-to", "subject", "date", "message-id"];
/// The longest line of a signature, without its end (RFC 5322, section 2.1.1 recommends 78).
const MAX_LINE: usize = 76;

/// The cryptographic library could not sign; the message is not to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the message could not be signed")]
pub struct Unsigned;

impl DkimKeys {
    /// The message (RFC 5322) with a signature of each algorithm before it that has a key at its date. All its header fields are signed.
    ///
    /// # Errors
    /// The cryptographic library cannot sign.
    pub fn signed(&self, message: &[u8], date: OffsetDateTime) -> Result<Vec<u8>, Unsigned> {
        let canonical = Canonical::of(message);
        let fields: String = self
            .at(date)
            .map(|key| field(key, &canonical, date))
            .collect::<Result<_, _>>()?;
        Ok([fields.as_bytes(), message].concat())
    }
}

/// The header field of a signature, its end included.
fn field(key: &Key, message: &Canonical, date: OffsetDateTime) -> Result<String, Unsigned> {
    let names: Vec<&str> = message.names().chain(NO_MORE_OF).collect();
    let mut field = unsigned(key, message, date, &names);
    let signature = key.sign(&what_is_signed(message, &names, &field))?;
    for (at, character) in STANDARD.encode(signature).chars().enumerate() {
        if at > 0 && at % (MAX_LINE - 4) == 0 {
            field.push_str("\r\n ");
        }
        field.push(character);
    }
    field.push_str("\r\n");
    Ok(field)
}

/// The field up to where the signature goes (RFC 6376, section 3.5).
fn unsigned(key: &Key, message: &Canonical, date: OffsetDateTime, names: &[&str]) -> String {
    let text = format!(
        "v=1; a={}; c=relaxed/relaxed; d={}; s={}; t={}; h={}; bh={};",
        key.algorithm().name(),
        key.domain(),
        key.selector(),
        date.unix_timestamp(),
        names.join(": "),
        message.body_hash()
    );
    format!("DKIM-Signature:{}\r\n b=", folded(&text))
}

/// The words of a text, in lines that are not too long.
fn folded(text: &str) -> String {
    let (mut folded, mut length) = (String::new(), "DKIM-Signature:".len());
    for word in text.split(' ') {
        if length + 1 + word.len() > MAX_LINE {
            folded.push_str("\r\n");
            length = 0;
        }
        folded.push(' ');
        folded.push_str(word);
        length += 1 + word.len();
    }
    folded
}

/// The signed header fields, and at last the signature's own without a signature and without an end (RFC 6376, section 3.7).
fn what_is_signed(message: &Canonical, names: &[&str], unsigned: &str) -> Vec<u8> {
    let mut data = message.fields(names);
    data.extend_from_slice(Field::of(unsigned.as_bytes()).text());
    data
}

#[cfg(test)]
mod tests;
