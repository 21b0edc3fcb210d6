//! From the domain to messages. Exhaustive: a field that is added there does not compile until it is sent, or left out
//! in so many words.

use muster_ids::{
    CertificateName, GrantName, LearnerAssignmentName, OrganizationName, PersonAssignmentName, PersonName,
    RecordAccessName, TrainingName,
};
use muster_proto::records::v1 as pb;
use muster_server::convert::timestamp;

use crate::domain::{Assignment, AssignmentState, Certificate, Grant, GrantState, RecordAccess, Training};

impl From<Training> for pb::Training {
    fn from(training: Training) -> Self {
        let Training {
            id,
            code,
            display_name,
            description,
            create_time,
        } = training;
        Self {
            name: TrainingName { training: id }.to_string(),
            code,
            display_name,
            description,
            create_time: Some(timestamp(create_time)),
        }
    }
}

/// As the person and the learning system name it.
pub(super) fn for_person(assignment: Assignment) -> pb::Assignment {
    let name = PersonAssignmentName {
        person: assignment.person,
        assignment: assignment.id,
    };
    named(name.to_string(), assignment)
}

/// As the organization that made it names it.
pub(super) fn for_organization(assignment: Assignment) -> pb::Assignment {
    let name = LearnerAssignmentName {
        organization: assignment.organization,
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
    let progress_percent = i32::from(state.percent().get());
    let (state, start_time, complete_time, certificate) = match state {
        AssignmentState::Assigned => (pb::AssignmentState::Assigned, None, None, None),
        AssignmentState::InProgress { start_time, .. } => {
            (pb::AssignmentState::InProgress, Some(start_time), None, None)
        }
        AssignmentState::Completed {
            start_time,
            complete_time,
            certificate,
        } => (
            pb::AssignmentState::Completed,
            Some(start_time),
            Some(complete_time),
            Some(certificate),
        ),
        AssignmentState::Cancelled { start_time, .. } => {
            (pb::AssignmentState::Cancelled, start_time, None, None)
        }
    };
    pb::Assignment {
        name,
        organization: OrganizationName { organization }.to_string(),
        training: TrainingName { training }.to_string(),
        training_display_name,
        state: state.into(),
        progress_percent,
        certificate: certificate
            .map(|certificate| CertificateName { person, certificate }.to_string())
            .unwrap_or_default(),
        assign_time: Some(timestamp(assign_time)),
        start_time: start_time.map(timestamp),
        complete_time: complete_time.map(timestamp),
    }
}

impl From<Certificate> for pb::Certificate {
    fn from(certificate: Certificate) -> Self {
        let Certificate {
            person,
            id,
            number,
            training,
            training_display_name,
            organization,
            issue_time,
        } = certificate;
        Self {
            name: CertificateName {
                person,
                certificate: id,
            }
            .to_string(),
            certificate_number: number,
            training: TrainingName { training }.to_string(),
            training_display_name,
            organization: OrganizationName { organization }.to_string(),
            issue_time: Some(timestamp(issue_time)),
        }
    }
}

impl From<Grant> for pb::Grant {
    fn from(grant: Grant) -> Self {
        let Grant {
            person,
            id,
            organization,
            state,
            create_time,
        } = grant;
        let (state, revoke_time) = match state {
            GrantState::Active => (pb::GrantState::Active, None),
            GrantState::Revoked { revoke_time } => (pb::GrantState::Revoked, Some(revoke_time)),
            GrantState::Lapsed => (pb::GrantState::Lapsed, None),
        };
        Self {
            name: GrantName { person, grant: id }.to_string(),
            organization: OrganizationName { organization }.to_string(),
            state: state.into(),
            create_time: Some(timestamp(create_time)),
            revoke_time: revoke_time.map(timestamp),
        }
    }
}

impl From<RecordAccess> for pb::RecordAccess {
    fn from(access: RecordAccess) -> Self {
        let RecordAccess {
            person,
            id,
            organization,
            reader,
            reader_display_name,
            grant: _,
            access_time,
        } = access;
        Self {
            name: RecordAccessName { person, access: id }.to_string(),
            organization: OrganizationName { organization }.to_string(),
            reader: PersonName { person: reader }.to_string(),
            reader_display_name,
            reason: pb::RecordAccessReason::Grant.into(),
            access_time: Some(timestamp(access_time)),
        }
    }
}

impl From<Training> for pb::CreateTrainingResponse {
    fn from(training: Training) -> Self {
        Self {
            training: Some(training.into()),
        }
    }
}

impl From<Grant> for pb::CreateGrantResponse {
    fn from(grant: Grant) -> Self {
        Self {
            grant: Some(grant.into()),
        }
    }
}

impl From<Grant> for pb::RevokeGrantResponse {
    fn from(grant: Grant) -> Self {
        Self {
            grant: Some(grant.into()),
        }
    }
}

impl From<Assignment> for pb::ReportProgressResponse {
    fn from(assignment: Assignment) -> Self {
        Self {
            assignment: Some(for_person(assignment)),
        }
    }
}
