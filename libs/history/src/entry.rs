//! One change.

use std::collections::BTreeMap;
use std::fmt;

use muster_ids::{HistoryEntryId, OrganizationId};
use muster_states::stored_enum;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;

use crate::Seal;

/// The text forms of an entry, of which digests are made.
const FIRST: i16 = 1;
/// With the role, with what led to it, and with digests in the place of texts that people wrote.
pub(crate) const CURRENT: i16 = 2;

/// Texts that people wrote, beside the chain: the digest that stands there, and of what it was made: a salt and the text.
pub type Texts = BTreeMap<String, (String, String)>;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Whose history.
    pub organization: OrganizationId,
    /// Its id.
    pub id: HistoryEntryId,
    /// In the order of writing.
    pub number: i64,
    /// When the transaction of the change began, by the clock of the database.
    pub time: OffsetDateTime,
    /// `person:<uuid>`, `workload:<name>`, `service:<name>` or `database:<user>`.
    pub actor: String,
    /// For which the person was let in, as one word; empty where none was asked for.
    pub role: String,
    /// What led to it: `muster_database::origin` says in which form.
    pub cause: String,
    /// The resource name of what was changed.
    pub subject: String,
    /// A [`HistoryAct`]; as it is stored, because it may have been tampered with.
    pub act: String,
    /// A JSON object on one line: for each field `[before, after]`. What people wrote is a digest there.
    pub changes: String,
    /// As registry staff stated it, as a digest since there are some; empty for everybody else.
    pub reason: String,
    /// What people wrote, but for what was taken out. `None`: what is there cannot be read.
    pub texts: Option<Texts>,
    /// Which text form its digest is made of.
    pub format: i16,
    /// The entry about the same subject before it, where it was asked for.
    pub previous: Option<HistoryEntryId>,
    /// `None` until it is sealed.
    pub seal: Option<Seal>,
}

stored_enum! {
    /// What was done.
    pub enum HistoryAct {
        /// It was there when the history began.
        Recorded = "RECORDED",
        /// It was made.
        Created = "CREATED",
        /// It was changed.
        Changed = "CHANGED",
        /// It was removed.
        Removed = "REMOVED",
    }
}

impl HistoryEntry {
    /// What the digest is made of: `docs/decisions/0066` says how to make it again without this program. The reason comes last,
    /// because until there were digests of texts it alone could have several lines. `None`: no program has written it.
    pub(crate) fn bytes(&self, position: i64, previous: &str) -> Option<String> {
        let led_to_it = match self.format {
            FIRST => String::new(),
            CURRENT => format!("role {}\ncause {}\n", self.role, self.cause),
            _ => return None,
        };
        Some(format!(
            "muster history {}\nprevious {previous}\norganization {}\nposition {position}\nentry {}\ntime {}\nactor {}\n{led_to_it}\
             subject {}\nact {}\nchanges {}\nreason {}\n",
            self.format,
            self.organization,
            self.id,
            Micros(self.time),
            self.actor,
            self.subject,
            self.act,
            self.changes,
            self.reason,
        ))
    }

    /// Whether what must be one line is one: otherwise another entry could have the same bytes.
    pub(crate) fn is_unambiguous(&self) -> bool {
        let lines = [
            &self.actor,
            &self.role,
            &self.cause,
            &self.subject,
            &self.act,
            &self.changes,
        ];
        lines.into_iter().all(|line| !line.contains('\n'))
    }

    /// Whether each text that is left is the one of which the chain has the digest.
    pub(crate) fn texts_are_whole(&self) -> bool {
        let Some(texts) = &self.texts else { return false };
        texts.iter().all(|(digest, (salt, text))| {
            let is_named = self.reason == *digest || self.changes.contains(digest);
            is_named && *digest == text_digest(salt, text)
        })
    }

    /// What is told of a value of the chain: the text, where it is a digest of one. `None`: that was taken out.
    pub(crate) fn told(&self, value: String) -> Option<String> {
        if !is_text_digest(&value) {
            return Some(value);
        }
        let texts = self.texts.as_ref()?;
        texts.get(&value).map(|(_, text)| text.clone())
    }

    /// Whether the chain says what led to it. Of what a program before has linked it does not, whatever stands in the row.
    pub(crate) fn tells_its_cause(&self) -> bool {
        self.seal.is_none() || self.format != FIRST
    }
}

/// Before each digest of a text.
const TEXT: &str = "text:";

/// The digest that stands in the chain for a text: the function `text_digest` of the database makes the same.
pub(crate) fn text_digest(salt: &str, text: &str) -> String {
    format!("{TEXT}{}", hexadecimal(format!("{salt}{text}").as_bytes()))
}

fn is_text_digest(value: &str) -> bool {
    let digest = value.strip_prefix(TEXT);
    digest.is_some_and(|digest| digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// SHA-256, in hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A time to the microsecond, which is what the database keeps: `2026-03-01T12:00:00.000000Z`.
struct Micros(OffsetDateTime);

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.0.to_offset(time::UtcOffset::UTC);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
            time.year(),
            u8::from(time.month()),
            time.day(),
            time.hour(),
            time.minute(),
            time.second(),
            time.microsecond(),
        )
    }
}
