//! From the domain to messages, exhaustively.

use muster_ids::{
    CertificateName, LearnerAssignmentName, OrganizationId, OrganizationName, PersonAssignmentName,
    TrainingName,
};
use muster_proto::records::v1 as pb;
use muster_server::convert::timestamp;

use crate::domain::{Assignment, AssignmentStateName};

muster_proto::same_values! {
    AssignmentStateName = pb::AssignmentState { Assigned, InProgress, Completed, Cancelled }
}

/// As the person and the learning system name it.
pub(in crate::rpc) fn for_person(assignment: Assignment) -> pb::Assignment {
    let name = PersonAssignmentName {
        person: assignment.person,
        assignment: assignment.id,
    };
    named(name.to_string(), assignment)
}

/// As the organization whose it is names it.
pub(in crate::rpc) fn for_organization(
    organization: OrganizationId,
    assignment: Assignment,
) -> pb::Assignment {
    let name = LearnerAssignmentName {
        organization,
        person: assignment.person,
        assignment: assignment.id,
    };
    named(name.to_string(), assignment)
}

fn named(name: String, assignment: Assignment) -> pb::Assignment {
    let Assignment {
        person,
        id: _,
        organization,
        training,
        training_display_name,
        state,
        version: _,
        assign_time,
    } = assignment;
    let (complete_time, certificate) = state.completion().unzip();
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
    }
}
