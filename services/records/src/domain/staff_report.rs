//! What an organization is told of its staff.

use muster_ids::PersonId;
use time::{Duration, OffsetDateTime};

use super::Certificate;

/// What expires before that is told of.
pub(crate) const EXPIRING_SOON: Duration = Duration::days(90);

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
    /// For how long trainings counted, the latest year first.
    pub(crate) years: Vec<TrainingYear>,
    /// How many certificates expire soon and are not outlived by a later one of the same training.
    pub(crate) expiring_count: i64,
    /// These, the one that expires first in front.
    pub(crate) expiring: Vec<Certificate>,
}

/// How many people there are of whom a report could tell, and whom it leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Staff {
    /// Their employments are verified.
    pub(crate) verified: i64,
    /// They wait to be verified, and are left out.
    pub(crate) waiting: i64,
    /// Since when the one of these has waited that waits longest.
    pub(crate) waiting_since: Option<OffsetDateTime>,
}

/// For how long trainings counted that were completed in a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TrainingYear {
    /// In UTC.
    pub(crate) year: i32,
    pub(crate) duration_minutes: i64,
}

/// How many of an organization's own trainings stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OwnTrainings {
    pub(crate) assigned: i64,
    pub(crate) in_progress: i64,
    pub(crate) completed: i64,
    pub(crate) latest_complete_time: Option<OffsetDateTime>,
}
