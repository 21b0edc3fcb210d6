//! From the domain to messages, exhaustively.

use muster_ids::{GroupName, LearnerName, LocationName, OrganizationId, TrainingName};
use muster_proto::records::v1 as pb;
use time::OffsetDateTime;

use crate::domain::{ProgressCounts, ProgressDimension, ProgressEntry, ProgressRow};
use crate::rpc::assignment::convert::for_organization;

/// Without the name of the learner, which another service tells.
pub(super) fn entry(
    organization: OrganizationId,
    entry: ProgressEntry,
    now: OffsetDateTime,
) -> pb::ProgressEntry {
    let ProgressEntry {
        assignment,
        groups,
        location,
    } = entry;
    let learner = LearnerName {
        organization,
        person: assignment.person,
    };
    let group = |group| GroupName { organization, group }.to_string();
    let location = location.map(|location| LocationName {
        organization,
        location,
    });
    pb::ProgressEntry {
        learner: learner.to_string(),
        learner_display_name: String::new(),
        groups: groups.into_iter().map(group).collect(),
        location: location.map(|name| name.to_string()).unwrap_or_default(),
        assignment: Some(for_organization(organization, assignment, now)),
    }
}

/// Its subject as the resource that it is.
pub(super) fn row(
    organization: OrganizationId,
    by: Option<ProgressDimension>,
    row: ProgressRow,
) -> pb::ProgressRow {
    let ProgressRow { subject, counts } = row;
    let subject = subject.zip(by).map(|(id, by)| match by {
        ProgressDimension::Training => TrainingName { training: id.into() }.to_string(),
        ProgressDimension::Group => GroupName {
            organization,
            group: id.into(),
        }
        .to_string(),
        ProgressDimension::Location => LocationName {
            organization,
            location: id.into(),
        }
        .to_string(),
    });
    pb::ProgressRow {
        subject: subject.unwrap_or_default(),
        counts: Some(counts.into()),
    }
}

impl From<ProgressCounts> for pb::ProgressCounts {
    fn from(counts: ProgressCounts) -> Self {
        let ProgressCounts {
            learners,
            assigned,
            in_progress,
            completed,
            late,
            completed_late,
        } = counts;
        Self {
            learner_count: learners,
            assigned_count: assigned,
            in_progress_count: in_progress,
            completed_count: completed,
            late_count: late,
            completed_late_count: completed_late,
        }
    }
}
