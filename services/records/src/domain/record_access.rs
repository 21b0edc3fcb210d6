//! What was read of a person's record, and by what right.

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
    /// What people called it at the time; empty of what was read before that was kept.
    pub(crate) organization_display_name: String,
    /// Who read.
    pub(crate) reader: PersonId,
    /// Their name at the time; may be empty.
    pub(crate) reader_display_name: String,
    pub(crate) permit: Permit,
    pub(crate) access_time: OffsetDateTime,
    /// The file that it was written into; `None` when it was into none.
    pub(crate) export: Option<ExportFormat>,
    /// What was read; `None` of what was read before that was kept.
    pub(crate) kind: Option<AccessKind>,
    /// The reader's role at the time; `None` of registry staff, and of what was read before that was kept.
    pub(crate) reader_role: Option<ReaderRole>,
}

/// What allows a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permit {
    /// The person had granted it.
    Grant(GrantId),
    /// Registry staff had stated a reason, which the edge has written down.
    Staff,
}

impl Permit {
    /// As it is told.
    pub(crate) fn reason(self) -> AccessReason {
        match self {
            Self::Grant(_) => AccessReason::Grant,
            Self::Staff => AccessReason::Staff,
        }
    }

    /// The grant, if it is one.
    pub(crate) fn grant(self) -> Option<GrantId> {
        match self {
            Self::Grant(grant) => Some(grant),
            Self::Staff => None,
        }
    }
}

/// What somebody is who reads the records of an organization's learners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Capacity {
    /// A profile user of the organization: they read what was granted to it.
    ProfileUser(ReaderRole),
    /// Registry staff without a role in the organization: they read for the reason that they have stated.
    Staff,
}

impl Capacity {
    /// The role in the organization, if any.
    pub(crate) fn role(self) -> Option<ReaderRole> {
        match self {
            Self::ProfileUser(role) => Some(role),
            Self::Staff => None,
        }
    }
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
        /// Registry staff had stated a reason.
        Staff = "STAFF",
    }
}
