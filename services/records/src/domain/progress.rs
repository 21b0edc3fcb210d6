//! How far the learners of an organization are.

use muster_ids::{AssignmentId, GroupId, LocationId, TrainingId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Assignment, AssignmentStateName};

/// Of whom, and of what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ProgressFilter {
    /// Of learners who are in it.
    pub(crate) group: Option<GroupId>,
    /// Of learners who work there.
    pub(crate) location: Option<LocationId>,
    pub(crate) training: Option<TrainingId>,
    /// Never empty.
    pub(crate) states: Vec<AssignmentStateName>,
}

/// One training of one learner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProgressEntry {
    pub(crate) assignment: Assignment,
    /// The groups the learner is in.
    pub(crate) groups: Vec<GroupId>,
    /// Where they work.
    pub(crate) location: Option<LocationId>,
}

impl ProgressEntry {
    /// Where it stands in a list: the microsecond in which its day is over, where the list goes by that, and its id.
    pub(crate) fn position(&self, is_by_day: bool) -> (Option<i64>, AssignmentId) {
        let end = self
            .assignment
            .due
            .as_ref()
            .filter(|_| is_by_day)
            .map(|due| due.end);
        (end.and_then(micros), self.assignment.id)
    }
}

fn micros(time: OffsetDateTime) -> Option<i64> {
    i64::try_from(time.unix_timestamp_nanos() / 1000).ok()
}

/// By what progress is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProgressDimension {
    Training,
    Group,
    Location,
}

/// How many assignments stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ProgressCounts {
    pub(crate) learners: i64,
    pub(crate) assigned: i64,
    pub(crate) in_progress: i64,
    pub(crate) completed: i64,
    /// Of the assigned and the begun.
    pub(crate) late: i64,
    /// Of the completed.
    pub(crate) completed_late: i64,
}

/// The counts of one training, group or location; `None`: of learners who are in no group, or of whom no location is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProgressRow {
    pub(crate) subject: Option<Uuid>,
    pub(crate) counts: ProgressCounts,
}
