//! One change.

use std::fmt;

use muster_ids::{HistoryEntryId, OrganizationId};
use muster_states::stored_enum;
use time::OffsetDateTime;

use crate::Seal;

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
    /// The resource name of what was changed.
    pub subject: String,
    /// A [`HistoryAct`]; as it is stored, because it may have been tampered with.
    pub act: String,
    /// A JSON object on one line: for each field `[before, after]`.
    pub changes: String,
    /// As registry staff stated it; empty for everybody else.
    pub reason: String,
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
    /// because it alone may have several lines.
    pub(crate) fn bytes(&self, position: i64, previous: &str) -> String {
        format!(
            "muster history 1\nprevious {previous}\norganization {}\nposition {position}\nentry {}\ntime {}\nactor {}\n\
             subject {}\nact {}\nchanges {}\nreason {}\n",
            self.organization,
            self.id,
            Micros(self.time),
            self.actor,
            self.subject,
            self.act,
            self.changes,
            self.reason,
        )
    }

    /// Whether what must be one line is one: otherwise another entry could have the same bytes.
    pub(crate) fn is_unambiguous(&self) -> bool {
        let lines = [&self.actor, &self.subject, &self.act, &self.changes];
        lines.into_iter().all(|line| !line.contains('\n'))
    }
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
