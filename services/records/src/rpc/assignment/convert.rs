//! From the domain to messages, exhaustively.

use muster_ids::{
    CertificateName, GroupName, LearnerAssignmentName, OrganizationId, OrganizationName,
    PersonAssignmentName, TrainingName,
};
use muster_proto::records::v1 as pb;
use muster_server::convert::timestamp;
use time::OffsetDateTime;

use crate::domain::{Assignment, AssignmentStateName, CancelReason};
use crate::ops::assignment::by_hand::Counts;

muster_proto::same_values! {
    AssignmentStateName = pb::AssignmentState { Assigned, InProgress, Completed, Cancelled }
}

muster_proto::same_values! {
    CancelReason = pb::AssignmentCancelReason { EmploymentOver, NotRequired, TakenBack, Transferred }
}

impl From<Counts> for pb::AssignTrainingToGroupResponse {
    fn from(counts: Counts) -> Self {
        let Counts {
            assigned,
            kept,
            completed,
        } = counts;
        let count = |count| i32::try_from(count).unwrap_or(i32::MAX);
        Self {
            assigned_count: count(assigned),
            kept_count: count(kept),
            completed_count: count(completed),
        }
    }
}

/// As the person and the learning system name it.
pub(in crate::rpc) fn for_person(assignment: Assignment, now: OffsetDateTime) -> pb::Assignment {
    let name = PersonAssignmentName {
        person: assignment.person,
        assignment: assignment.id,
    };
    named(name.to_string(), assignment, now)
}

/// As the organization whose it is names it.
pub(in crate::rpc) fn for_organization(
    organization: OrganizationId,
    assignment: Assignment,
    now: OffsetDateTime,
) -> pb::Assignment {
    let name = LearnerAssignmentName {
        organization,
        person: assignment.person,
        assignment: assignment.id,
    };
    named(name.to_string(), assignment, now)
}

fn named(name: String, assignment: Assignment, now: OffsetDateTime) -> pb::Assignment {
    let is_late = assignment.is_late(now);
    let Assignment {
        person,
        id: _,
        organization,
        training,
        training_display_name,
        state,
        groups,
        is_by_hand,
        due,
        transferred_to,
        transfer_time,
        version: _,
        assign_time,
    } = assignment;
    let (complete_time, certificate) = state.completion().unzip();
    let group = |organization| move |group| GroupName { organization, group }.to_string();
    let (due_date, due_time_zone, due_end_time) = match due {
        Some(due) => (due.date.to_string(), due.zone, Some(timestamp(due.end))),
        None => Default::default(),
    };
    pb::Assignment {
        name,
        organization: organization
            .map(|organization| OrganizationName { organization }.to_string())
            .unwrap_or_default(),
        training: TrainingName { training }.to_string(),
        training_display_name,
        state: pb::AssignmentState::from(state.name()).into(),
        progress_percent: i32::from(state.percent().get()),
        certificate: certificate
            .map(|certificate| CertificateName { person, certificate }.to_string())
            .unwrap_or_default(),
        assign_time: Some(timestamp(assign_time)),
        start_time: state.start_time().map(timestamp),
        complete_time: complete_time.map(timestamp),
        due_date,
        due_time_zone,
        due_end_time,
        is_late,
        groups: organization
            .map(|organization| groups.into_iter().map(group(organization)).collect())
            .unwrap_or_default(),
        is_by_hand,
        cancel_reason: state
            .cancel_reason()
            .map(pb::AssignmentCancelReason::from)
            .unwrap_or_default()
            .into(),
        transferred_to: transferred_to.map(|to| to.to_string()).unwrap_or_default(),
        transfer_time: transfer_time.map(timestamp),
    }
}
