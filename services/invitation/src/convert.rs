//! From the domain to the contract, for whoever answers or publishes. Exhaustive: a new state does not compile until it
//! is mapped.

use muster_ids::{
    GroupId, GroupName, ImportName, InvitationName, LocationId, LocationName, OrganizationId, PersonName,
};
use muster_proto::invitation::v1 as proto;
use muster_server::convert::timestamp;
use time::OffsetDateTime;

use crate::domain::import::{Import, ImportState, Problem, Row, RowState, Severity};
use crate::domain::invitation::{DeliveryState, Invitation, Source, StateName};

/// An invitation as it stands at `now`.
pub(crate) fn invitation(invitation: &Invitation, now: OffsetDateTime) -> proto::Invitation {
    let organization = invitation.organization;
    let acceptance = invitation.state.acceptance();
    proto::Invitation {
        name: InvitationName {
            organization,
            invitation: invitation.id,
        }
        .to_string(),
        etag: format!("{:x}", invitation.version),
        address: invitation.address.as_given().to_owned(),
        groups: group_names(organization, &invitation.groups),
        location: location_name(organization, invitation.location),
        state: state(invitation.standing(now)).into(),
        delivery_state: delivery(invitation.delivery).into(),
        delivery_detail: invitation.delivery_detail.clone(),
        source: source(invitation.source).into(),
        import: invitation
            .import
            .map(|import| ImportName { organization, import }.to_string())
            .unwrap_or_default(),
        create_time: Some(timestamp(invitation.create_time)),
        send_time: Some(timestamp(invitation.send_time)),
        expire_time: Some(timestamp(invitation.expire_time)),
        accept_time: acceptance.map(|acceptance| timestamp(acceptance.time)),
        person: acceptance
            .map(|acceptance| {
                PersonName {
                    person: acceptance.person,
                }
                .to_string()
            })
            .unwrap_or_default(),
        person_display_name: acceptance
            .map(|acceptance| acceptance.display_name.clone())
            .unwrap_or_default(),
        trace_id: invitation.trace_id().to_owned(),
    }
}

/// A state.
pub(crate) fn state(state: StateName) -> proto::InvitationState {
    match state {
        StateName::Prospect => proto::InvitationState::Prospect,
        StateName::Pending => proto::InvitationState::Pending,
        StateName::Active => proto::InvitationState::Active,
        StateName::Declined => proto::InvitationState::Declined,
        StateName::Cancelled => proto::InvitationState::Cancelled,
        StateName::Expired => proto::InvitationState::Expired,
        StateName::Archived => proto::InvitationState::Archived,
    }
}

/// A source.
pub(crate) fn source(source: Source) -> proto::InvitationSource {
    match source {
        Source::Manual => proto::InvitationSource::Manual,
        Source::Import => proto::InvitationSource::Import,
        Source::JoinPage => proto::InvitationSource::JoinPage,
    }
}

fn delivery(delivery: DeliveryState) -> proto::DeliveryState {
    match delivery {
        DeliveryState::Scheduled => proto::DeliveryState::Scheduled,
        DeliveryState::Queued => proto::DeliveryState::Queued,
        DeliveryState::Held => proto::DeliveryState::Held,
        DeliveryState::Sent => proto::DeliveryState::Sent,
        DeliveryState::Uncertain => proto::DeliveryState::Uncertain,
        DeliveryState::Deferred => proto::DeliveryState::Deferred,
        DeliveryState::Failed => proto::DeliveryState::Failed,
        DeliveryState::Bounced => proto::DeliveryState::Bounced,
        DeliveryState::Suppressed => proto::DeliveryState::Suppressed,
        DeliveryState::Dropped => proto::DeliveryState::Dropped,
    }
}

/// An import as it stands at `now`.
pub(crate) fn import(import: &Import, now: OffsetDateTime) -> proto::Import {
    let state = match import.standing(now) {
        ImportState::Uploaded => proto::ImportState::Uploaded,
        ImportState::Ready => proto::ImportState::Ready,
        ImportState::Approved => proto::ImportState::Approved,
        ImportState::Applying => proto::ImportState::Applying,
        ImportState::Applied => proto::ImportState::Applied,
        ImportState::AppliedWithErrors => proto::ImportState::AppliedWithErrors,
        ImportState::Disapproved => proto::ImportState::Disapproved,
        ImportState::Failed => proto::ImportState::Failed,
        ImportState::Expired => proto::ImportState::Expired,
    };
    proto::Import {
        name: ImportName {
            organization: import.organization,
            import: import.id,
        }
        .to_string(),
        etag: import.etag(),
        state: state.into(),
        file_name: import.file_name.clone(),
        uploader: PersonName {
            person: import.uploader,
        }
        .to_string(),
        row_count: import.counts.rows,
        valid_count: import.counts.valid,
        warning_count: import.counts.warnings,
        error_count: import.counts.errors,
        applied_count: import.applied,
        refused_count: import.refused,
        create_time: Some(timestamp(import.create_time)),
        decide_time: import.decide_time.map(timestamp),
        finish_time: import.finish_time.map(timestamp),
    }
}

/// A row of an import of `organization`.
pub(crate) fn row(organization: OrganizationId, row: &Row) -> proto::ImportRow {
    proto::ImportRow {
        line: row.raw.line,
        address: row.raw.address.clone(),
        groups: row.raw.groups.iter().map(str::to_owned).collect(),
        location: row.raw.location.clone(),
        state: row_state(row.outcome.state()).into(),
        problems: row.problems.iter().map(problem).collect(),
        invitation: row
            .invitation
            .map(|invitation| {
                InvitationName {
                    organization,
                    invitation,
                }
                .to_string()
            })
            .unwrap_or_default(),
        trace_id: row.trace_id.clone(),
    }
}

fn row_state(state: RowState) -> proto::ImportRowState {
    match state {
        RowState::Valid => proto::ImportRowState::Valid,
        RowState::Merged => proto::ImportRowState::Merged,
        RowState::Invalid => proto::ImportRowState::Invalid,
        RowState::Applied => proto::ImportRowState::Applied,
        RowState::Refused => proto::ImportRowState::Refused,
    }
}

fn problem(problem: &Problem) -> proto::ImportProblem {
    let severity = match problem.severity {
        Severity::Warning => proto::ImportProblemSeverity::Warning,
        Severity::Error => proto::ImportProblemSeverity::Error,
    };
    proto::ImportProblem {
        severity: severity.into(),
        column: problem.column.clone(),
        description: problem.description.clone(),
        suggestion: problem.suggestion.clone(),
    }
}

/// As the contract names them.
pub(crate) fn group_names(organization: OrganizationId, groups: &[GroupId]) -> Vec<String> {
    let name = |&group| GroupName { organization, group }.to_string();
    groups.iter().map(name).collect()
}

/// As the contract names it; empty for none.
pub(crate) fn location_name(organization: OrganizationId, location: Option<LocationId>) -> String {
    let name = |location| LocationName {
        organization,
        location,
    };
    location
        .map(|location| name(location).to_string())
        .unwrap_or_default()
}
