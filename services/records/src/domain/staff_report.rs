//! What an organization is told of its staff.

use muster_ids::PersonId;
use time::OffsetDateTime;

use super::Certificate;

/// What is reported of one verified employee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StaffReportEntry {
    pub(crate) person: PersonId,
    /// Of the organization's own trainings.
    pub(crate) own: OwnTrainings,
    /// Whether the certificates are all of the person's; otherwise they are those of the organization's own trainings.
    pub(crate) is_shared: bool,
    pub(crate) certificate_count: i64,
    /// The newest ones, newest first.
    pub(crate) certificates: Vec<Certificate>,
}

/// How many of an organization's own trainings stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OwnTrainings {
    pub(crate) assigned: i64,
    pub(crate) in_progress: i64,
    pub(crate) completed: i64,
    pub(crate) latest_complete_time: Option<OffsetDateTime>,
}
