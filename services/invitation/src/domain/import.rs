//! An import and its rows.

pub(crate) mod refused;
pub(crate) mod template;

use std::time::Duration;

use muster_ids::{GroupId, ImportId, ImportName, InvitationId, LocationId, OrganizationId, PersonId};
use muster_states::stored_enum;
use time::OffsetDateTime;

use super::preview::Preview;
use super::problem::{GroupWarning, Problem};
use super::spreadsheet::{Format, RawRow};
use muster_states::Transition;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a preview can be decided on.
const DECIDE_WITHIN: Duration = DAY.saturating_mul(7);
/// How long the rows are kept after the decision: they hold addresses as they were given. The counts stay.
const ROWS_KEPT: Duration = DAY.saturating_mul(30);
/// How long the rows of an import that nobody decided on are kept after its time: longer than the clocks of two
/// processes differ, so that none is approved without its rows.
const UNDECIDED_ROWS_KEPT: Duration = HOUR;

/// One uploaded spreadsheet.
#[derive(Debug, Clone)]
pub(crate) struct Import {
    pub(crate) organization: OrganizationId,
    pub(crate) id: ImportId,
    pub(crate) version: i64,
    pub(crate) state: ImportState,
    pub(crate) file_name: String,
    pub(crate) format: Format,
    pub(crate) uploader: PersonId,
    /// Digest of the preview; its beginning is the etag.
    pub(crate) preview_sha256: [u8; 32],
    /// Digest of the groups and locations that the preview was made with.
    pub(crate) context_sha256: [u8; 32],
    pub(crate) counts: Counts,
    /// What the preview found of whole groups.
    pub(crate) group_warnings: Vec<GroupWarning>,
    pub(crate) applied: i32,
    pub(crate) refused: i32,
    pub(crate) create_time: OffsetDateTime,
    pub(crate) expire_time: OffsetDateTime,
    pub(crate) decide_time: Option<OffsetDateTime>,
    /// Once it was approved.
    pub(crate) approval: Option<Approval>,
    pub(crate) finish_time: Option<OffsetDateTime>,
    /// From when on its rows are deleted; `None` once they are.
    pub(crate) purge_time: Option<OffsetDateTime>,
}

/// Who approved an import, and in which trace.
#[derive(Debug, Clone)]
pub(crate) struct Approval {
    /// The inviter of its invitations.
    pub(crate) approver: PersonId,
    /// What the trace of every row links to.
    pub(crate) traceparent: Option<String>,
    /// Not before this time its mails go out; `None`: at once.
    pub(crate) send_time: Option<OffsetDateTime>,
}

/// What a preview found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Rows of the file.
    pub(crate) rows: i32,
    /// Rows that become an invitation of their own.
    pub(crate) valid: i32,
    /// Rows with a warning and no error.
    pub(crate) warnings: i32,
    /// Rows with an error.
    pub(crate) errors: i32,
}

stored_enum! {
    /// The state of an import.
    pub(crate) enum ImportState {
        /// The preview is to be made, or made again.
        Uploaded = "UPLOADED",
        Ready = "READY",
        Approved = "APPROVED",
        Applying = "APPLYING",
        Applied = "APPLIED",
        AppliedWithErrors = "APPLIED_WITH_ERRORS",
        Disapproved = "DISAPPROVED",
        /// It could not go on, and was given up.
        Failed = "FAILED",
        /// Never stored: one past its time that nobody decided on.
        Expired = "EXPIRED",
    }

    /// The state of a row.
    pub(crate) enum RowState {
        Valid = "VALID",
        Merged = "MERGED",
        Invalid = "INVALID",
        Applied = "APPLIED",
        Refused = "REFUSED",
        Skipped = "SKIPPED",
    }
}

impl Import {
    /// The version of the preview, for callers to name.
    pub(crate) fn etag(&self) -> String {
        self.preview_sha256[..16]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// Its name.
    pub(crate) fn name(&self) -> ImportName {
        ImportName {
            organization: self.organization,
            import: self.id,
        }
    }

    /// UPLOADED → READY, with what its rows become, as it is stored by now.
    pub(crate) fn previewed(self, preview: Preview) -> Self {
        Self {
            version: self.version + 1,
            state: ImportState::Ready,
            preview_sha256: preview.sha256,
            context_sha256: preview.context_sha256,
            counts: preview.counts,
            group_warnings: preview.group_warnings,
            ..self
        }
    }

    /// How far it has come: changes with whatever is told of it, and grows.
    pub(crate) fn progress(&self) -> (i64, i32, i32) {
        (self.version, self.applied, self.refused)
    }

    /// Whether nothing more becomes of it.
    pub(crate) fn is_over(&self, now: OffsetDateTime) -> bool {
        match self.effective_state(now) {
            ImportState::Uploaded | ImportState::Ready | ImportState::Approved | ImportState::Applying => {
                false
            }
            ImportState::Applied
            | ImportState::AppliedWithErrors
            | ImportState::Disapproved
            | ImportState::Failed
            | ImportState::Expired => true,
        }
    }

    /// The state at `now`: one past its time that nobody decided on is expired, whatever is stored.
    pub(crate) fn effective_state(&self, now: OffsetDateTime) -> ImportState {
        match self.state {
            state if state.is_undecided() && self.expire_time <= now => ImportState::Expired,
            state => state,
        }
    }

    /// READY → APPROVED, whatever else is to be looked at. Of two approvals of one preview the second finds it done.
    pub(crate) fn approve(
        mut self,
        etag: &str,
        approval: Approval,
        now: OffsetDateTime,
    ) -> Transition<Self, ImportState> {
        match self.effective_state(now) {
            ImportState::Ready => {
                self.state = ImportState::Approved;
                self.approval = Some(approval);
                self.decided(now);
                Transition::Changed(self)
            }
            ImportState::Approved
            | ImportState::Applying
            | ImportState::Applied
            | ImportState::AppliedWithErrors
            | ImportState::Failed
                if self.etag() == etag && self.decide_time.is_some() =>
            {
                Transition::AlreadyDone(self)
            }
            state => Transition::Refused(state),
        }
    }

    /// READY or UPLOADED → DISAPPROVED: a worker that is making its preview again loses its lease.
    pub(crate) fn disapprove(mut self, now: OffsetDateTime) -> Transition<Self, ImportState> {
        match self.effective_state(now) {
            ImportState::Ready | ImportState::Uploaded => {
                self.state = ImportState::Disapproved;
                self.decided(now);
                Transition::Changed(self)
            }
            ImportState::Disapproved => Transition::AlreadyDone(self),
            state => Transition::Refused(state),
        }
    }

    fn decided(&mut self, now: OffsetDateTime) {
        self.decide_time = Some(now);
        self.purge_time = Some(now + ROWS_KEPT);
    }

    /// READY → UPLOADED: its preview is to be made again.
    pub(crate) fn outdate(mut self) -> Transition<Self, ImportState> {
        match self.state {
            ImportState::Ready => {
                self.state = ImportState::Uploaded;
                Transition::Changed(self)
            }
            ImportState::Uploaded => Transition::AlreadyDone(self),
            state => Transition::Refused(state),
        }
    }
}

/// Until when an import that is uploaded now can be decided on, and from when on its rows are deleted if nobody does.
pub(crate) fn undecided_times(now: OffsetDateTime) -> (OffsetDateTime, OffsetDateTime) {
    let expire_time = now + DECIDE_WITHIN;
    (expire_time, expire_time + UNDECIDED_ROWS_KEPT)
}

impl ImportState {
    /// Nobody decided on it yet.
    pub(crate) const UNDECIDED: [Self; 2] = [ImportState::Uploaded, ImportState::Ready];
    /// A worker has something to do with it. Statements spell it.
    #[cfg(test)]
    pub(crate) const TO_DO: [Self; 3] = [
        ImportState::Uploaded,
        ImportState::Approved,
        ImportState::Applying,
    ];

    /// Its rows are becoming invitations: they are kept however long that takes.
    pub(crate) const IN_USE: [Self; 2] = [ImportState::Approved, ImportState::Applying];

    fn is_undecided(self) -> bool {
        Self::UNDECIDED.contains(&self)
    }
}

/// A row with what the preview, and later the applying, made of it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) raw: RawRow,
    pub(crate) outcome: Outcome,
    pub(crate) problems: Vec<Problem>,
    pub(crate) groups: Vec<GroupId>,
    pub(crate) location: Option<LocationId>,
    pub(crate) invitation: Option<InvitationId>,
    pub(crate) trace_id: String,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Will become an invitation.
    Valid,
    /// Belongs to the earlier row on this line.
    Merged(i32),
    /// Has an error.
    Invalid,
    /// Became an invitation, or was merged into a live one.
    Applied,
    /// Was refused when applied.
    Refused,
    /// Is hidden in the workbook, and passed over.
    Skipped,
}

impl Outcome {
    /// The stored word's enum.
    pub(crate) fn state(self) -> RowState {
        match self {
            Outcome::Valid => RowState::Valid,
            Outcome::Merged(_) => RowState::Merged,
            Outcome::Invalid => RowState::Invalid,
            Outcome::Applied => RowState::Applied,
            Outcome::Refused => RowState::Refused,
            Outcome::Skipped => RowState::Skipped,
        }
    }
}
