//! What was read because of a consent.

use muster_ids::{AccessId, GrantId, OrganizationId, PersonId};
use muster_states::stored_enum;
use time::OffsetDateTime;

use super::ExportFormat;

/// One reading of a person's learning record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordAccess {
    /// Whose record was read.
    pub(crate) person: PersonId,
    pub(crate) id: AccessId,
    /// The organization for which it was read.
    pub(crate) organization: OrganizationId,
    /// Who read.
    pub(crate) reader: PersonId,
    /// Their name at the time; may be empty.
    pub(crate) reader_display_name: String,
    pub(crate) reason: AccessReason,
    /// The grant that allowed it.
    pub(crate) grant: GrantId,
    pub(crate) access_time: OffsetDateTime,
    /// The file that it was written into; `None` when it was into none.
    pub(crate) export: Option<ExportFormat>,
    /// What was read; `None` of what was read before that was kept.
    pub(crate) kind: Option<AccessKind>,
    /// The reader's role at the time; `None` of what was read before that was kept.
    pub(crate) reader_role: Option<ReaderRole>,
}

stored_enum! {
    /// What was read of a record.
    pub(crate) enum AccessKind {
        /// All of it.
        Record = "RECORD",
        /// The person's line of the staff report.
        Report = "REPORT",
    }
}

stored_enum! {
    /// The role in which somebody reads for an organization.
    pub(crate) enum ReaderRole {
        Viewer = "VIEWER",
        Admin = "ADMIN",
        Owner = "OWNER",
    }
}

stored_enum! {
    /// Why a reading was allowed.
    pub(crate) enum AccessReason {
        /// The person had granted it.
        Grant = "GRANT",
    }
}
