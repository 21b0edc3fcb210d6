//! Progress that was moved.

use muster_ids::{OrganizationId, PersonAssignmentName, PersonId, TrainingId};
use time::OffsetDateTime;

use super::Percent;

/// One time that progress was moved, with what was there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProgressTransfer {
    pub(crate) from: PersonAssignmentName,
    pub(crate) to: PersonAssignmentName,
    /// Whose assignment that was.
    pub(crate) organization: OrganizationId,
    pub(crate) training: TrainingId,
    /// How far it was where it came from.
    pub(crate) percent: Percent,
    /// How far it was where it went to.
    pub(crate) to_percent: Percent,
    /// Who moved it.
    pub(crate) actor: PersonId,
    /// Why registry staff did; `None`: the person did.
    pub(crate) reason: Option<String>,
    pub(crate) time: OffsetDateTime,
}
