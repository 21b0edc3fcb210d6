//! From the domain to the contract, for whoever answers or publishes. Exhaustive: a new state does not compile until it
//! is mapped.

pub(crate) mod names;

use muster_ids::{
    EmploymentName, GroupName, ImportName, InvitationName, OrganizationId, OrganizationName, PersonName,
};
use muster_proto::invitation::v1 as pb;
use muster_proto::same_values;
use muster_server::convert::timestamp;
use time::OffsetDateTime;

use crate::domain::import::{Approval, Import, ImportState, Row, RowState};
use crate::domain::invitation::{Acceptance, DeliveryState, Invitation, Source, StateName};
use crate::domain::learner::Learner;
use crate::domain::problem::{GroupWarning, Problem, Reason, Severity};
use crate::ops::At;
use crate::ops::invitation::create::Made;
use crate::ops::link::accept::Accepted;
use crate::ops::link::lookup::Seen;
use crate::ops::opt_out::lift::Lifted;
use crate::ops::opt_out::list::SeenOptOut;
use names::{group_names, location_name};

same_values! { StateName = pb::InvitationState { Prospect, Pending, Active, Declined, Cancelled, Expired, Archived } }

same_values! { Source = pb::InvitationSource { Manual, Import, JoinPage } }

same_values! { DeliveryState = pb::DeliveryState {
    Scheduled, Queued, Sending, Held, Sent, Uncertain, Deferred, Failed, Bounced, Suppressed, Dropped
} }

same_values! { ImportState = pb::ImportState {
    Uploaded, Ready, Approved, Applying, Applied, AppliedWithErrors, Disapproved, Expired, Failed
} }

same_values! { RowState = pb::ImportRowState { Valid, Merged, Invalid, Applied, Refused, Skipped } }

same_values! { Severity = pb::ImportProblemSeverity { Warning, Error } }

same_values! { Reason = pb::ImportProblemReason {
    AddressInvalid, AddressMarked, AddressOfLearner, SameAddress, OtherLocation, GroupsMissing, TooManyGroups, TooManyGroupsTogether,
    GroupUnknown, GroupInactive, MoreGroups, LocationUnknown, LocationInactive, SurplusCells, CellTooLong, SpaceBeforeMark,
    MarkNotClosed, TextAfterMark, DoubtfulLine, CellError, NotComputed, BeyondColumns, LinkedAddress, HiddenRow, MailboxFull,
    MessagesUsedUp, OrganizationNotActive, GroupsInactive
} }

impl From<At<Invitation>> for pb::Invitation {
    fn from(At { thing, time }: At<Invitation>) -> Self {
        let organization = thing.organization;
        let (state, acceptance) = (thing.effective_state(time), thing.state.acceptance());
        let person = acceptance.map(|acceptance| PersonName {
            person: acceptance.person,
        });
        let import = thing.import.map(|import| ImportName { organization, import });
        Self {
            name: InvitationName {
                organization,
                invitation: thing.id,
            }
            .to_string(),
            etag: format!("{:x}", thing.version),
            address: thing.address.as_given().to_owned(),
            language: thing.language.tag().to_owned(),
            groups: group_names(organization, &thing.groups),
            location: location_name(organization, thing.location),
            state: pb::InvitationState::from(state).into(),
            delivery_state: pb::DeliveryState::from(thing.effective_delivery(time)).into(),
            delivery_detail: thing.delivery_detail.clone(),
            source: pb::InvitationSource::from(thing.source).into(),
            import: import.map(|name| name.to_string()).unwrap_or_default(),
            create_time: Some(timestamp(thing.create_time)),
            send_time: Some(timestamp(thing.send_time)),
            expire_time: Some(timestamp(thing.expire_time)),
            accept_time: acceptance.map(|acceptance| timestamp(acceptance.time)),
            person: person.map(|name| name.to_string()).unwrap_or_default(),
            person_display_name: acceptance.map(display_name).unwrap_or_default(),
            trace_id: thing.trace_id().to_owned(),
            decline_time: thing.state.decline().map(|decline| timestamp(decline.time)),
            inviter: PersonName {
                person: thing.inviter,
            }
            .to_string(),
        }
    }
}

fn display_name(acceptance: &Acceptance) -> String {
    acceptance.display_name.clone()
}

/// How many are in a state.
pub(crate) fn counted((state, count): (StateName, i64)) -> pb::InvitationCount {
    pb::InvitationCount {
        state: pb::InvitationState::from(state).into(),
        count,
    }
}

impl From<Learner> for pb::Learner {
    fn from(learner: Learner) -> Self {
        let organization = learner.organization;
        let person = learner.person.map(|person| PersonName { person });
        let invitation = learner.invitation.map(|invitation| InvitationName {
            organization,
            invitation,
        });
        let employment = learner.employment.map(|employment| EmploymentName {
            organization,
            employment,
        });
        let delivery = learner.delivery.map(pb::DeliveryState::from);
        Self {
            state: pb::InvitationState::from(learner.state).into(),
            address: learner.address,
            person: person.map(|name| name.to_string()).unwrap_or_default(),
            person_display_name: learner.display_name,
            groups: group_names(organization, &learner.groups),
            location: location_name(organization, learner.location),
            invitation: invitation.map(|name| name.to_string()).unwrap_or_default(),
            delivery_state: delivery.unwrap_or_default().into(),
            employment: employment.map(|name| name.to_string()).unwrap_or_default(),
            create_time: Some(timestamp(learner.create_time)),
        }
    }
}

impl From<At<Made>> for pb::CreateInvitationResponse {
    fn from(At { thing, time }: At<Made>) -> Self {
        let invitation = thing.invitations.into_iter().next();
        Self {
            invitation: invitation.map(|thing| At { thing, time }.into()),
            groups_without_trainings: thing.untrained.iter().map(GroupName::to_string).collect(),
        }
    }
}

impl From<At<Made>> for pb::BatchCreateInvitationsResponse {
    fn from(At { thing, time }: At<Made>) -> Self {
        let invitations = thing.invitations.into_iter();
        Self {
            invitations: invitations.map(|thing| At { thing, time }.into()).collect(),
            groups_without_trainings: thing.untrained.iter().map(GroupName::to_string).collect(),
        }
    }
}

impl From<Accepted> for pb::AcceptInvitationResponse {
    fn from(accepted: Accepted) -> Self {
        Self {
            organization: OrganizationName {
                organization: accepted.organization,
            }
            .to_string(),
            organization_display_name: accepted.organization_display_name,
            accept_time: Some(timestamp(accepted.time)),
        }
    }
}

impl From<At<Invitation>> for pb::DeclineInvitationResponse {
    fn from(At { thing, .. }: At<Invitation>) -> Self {
        let decline = thing.state.decline();
        Self {
            organization: OrganizationName {
                organization: thing.organization,
            }
            .to_string(),
            decline_time: decline.map(|decline| timestamp(decline.time)),
            undo_expire_time: decline.map(|decline| timestamp(decline.undo_expire_time())),
        }
    }
}

impl From<At<Invitation>> for pb::UndoDeclineResponse {
    fn from(At { thing, time }: At<Invitation>) -> Self {
        Self {
            organization: OrganizationName {
                organization: thing.organization,
            }
            .to_string(),
            state: pb::InvitationState::from(thing.effective_state(time)).into(),
        }
    }
}

impl From<Accepted> for pb::AcceptPersonInvitationResponse {
    fn from(accepted: Accepted) -> Self {
        let pb::AcceptInvitationResponse {
            organization,
            organization_display_name,
            accept_time,
        } = accepted.into();
        Self {
            organization,
            organization_display_name,
            accept_time,
        }
    }
}

impl From<At<Invitation>> for pb::DeclinePersonInvitationResponse {
    fn from(declined: At<Invitation>) -> Self {
        let pb::DeclineInvitationResponse {
            organization,
            decline_time,
            undo_expire_time,
        } = declined.into();
        Self {
            organization,
            decline_time,
            undo_expire_time,
        }
    }
}

impl From<At<Invitation>> for pb::UndoPersonDeclineResponse {
    fn from(undone: At<Invitation>) -> Self {
        let pb::UndoDeclineResponse { organization, state } = undone.into();
        Self { organization, state }
    }
}

/// An invitation as its invitee sees it at `now`.
pub(crate) fn seen(Seen { invitation, inviting }: Seen, now: OffsetDateTime) -> pb::PersonInvitation {
    let name = InvitationName {
        organization: invitation.organization,
        invitation: invitation.id,
    };
    let decline = invitation.state.decline();
    pb::PersonInvitation {
        name: name.to_string(),
        groups: inviting.names_of_active(&invitation.groups),
        organization_display_name: inviting.display_name,
        address: invitation.address.as_given().to_owned(),
        state: pb::InvitationState::from(invitation.effective_state(now)).into(),
        send_time: Some(timestamp(invitation.send_time)),
        expire_time: Some(timestamp(invitation.expire_time)),
        undo_expire_time: decline.map(|decline| timestamp(decline.undo_expire_time())),
        time_zone: inviting.time_zone,
    }
}

impl From<SeenOptOut> for pb::PersonOptOut {
    fn from(seen: SeenOptOut) -> Self {
        let SeenOptOut {
            opt_out,
            organization_display_name,
            time_zone,
        } = seen;
        Self {
            name: opt_out.invitation.to_string(),
            organization_display_name,
            address: opt_out.address.as_given().to_owned(),
            create_time: Some(timestamp(opt_out.create_time)),
            time_zone,
        }
    }
}

impl From<Lifted> for pb::LiftPersonOptOutResponse {
    fn from(Lifted { organization }: Lifted) -> Self {
        Self {
            organization: OrganizationName { organization }.to_string(),
        }
    }
}

impl From<At<Import>> for pb::Import {
    fn from(At { thing, time }: At<Import>) -> Self {
        Self {
            name: ImportName {
                organization: thing.organization,
                import: thing.id,
            }
            .to_string(),
            etag: thing.etag(),
            state: pb::ImportState::from(thing.effective_state(time)).into(),
            uploader: PersonName {
                person: thing.uploader,
            }
            .to_string(),
            file_name: thing.file_name,
            row_count: thing.counts.rows,
            valid_count: thing.counts.valid,
            warning_count: thing.counts.warnings,
            group_warnings: group_warnings(thing.organization, thing.group_warnings),
            error_count: thing.counts.errors,
            applied_count: thing.applied,
            refused_count: thing.refused,
            create_time: Some(timestamp(thing.create_time)),
            decide_time: thing.decide_time.map(timestamp),
            finish_time: thing.finish_time.map(timestamp),
            encoding: thing.format.encoding,
            separator: thing.format.separator,
            sheet: thing.format.sheet,
            unread_sheets: thing.format.unread_sheets,
            rows_expire_time: thing.purge_time.map(timestamp),
            send_time: thing
                .approval
                .as_ref()
                .and_then(|approval| approval.send_time)
                .map(timestamp),
            approver: thing
                .approval
                .map(|Approval { approver: person, .. }| PersonName { person }.to_string())
                .unwrap_or_default(),
        }
    }
}

fn group_warnings(
    organization: OrganizationId,
    warnings: Vec<GroupWarning>,
) -> Vec<pb::import::GroupWarning> {
    let shown = |warning: GroupWarning| pb::import::GroupWarning {
        group: GroupName {
            organization,
            group: warning.group,
        }
        .to_string(),
        description: format!(
            "the group \"{}\" requires no trainings yet: whoever accepts is assigned none by it",
            warning.display_name
        ),
        group_display_name: warning.display_name,
        row_count: warning.rows,
        first_line: warning.first_line,
        first_row: warning.first_row.unwrap_or(warning.first_line),
    };
    warnings.into_iter().map(shown).collect()
}

/// A row of an import of `organization`.
pub(crate) fn row(organization: OrganizationId, row: Row) -> pb::ImportRow {
    let invitation = row.invitation.map(|invitation| InvitationName {
        organization,
        invitation,
    });
    pb::ImportRow {
        line: row.raw.line,
        address: row.raw.address,
        groups: row.raw.groups.iter().map(str::to_owned).collect(),
        location: row.raw.location,
        state: pb::ImportRowState::from(row.outcome.state()).into(),
        problems: row.problems.into_iter().map(Into::into).collect(),
        invitation: invitation.map(|name| name.to_string()).unwrap_or_default(),
        trace_id: row.trace_id,
        row: row.raw.number,
    }
}

impl From<Problem> for pb::ImportProblem {
    fn from(problem: Problem) -> Self {
        Self {
            severity: pb::ImportProblemSeverity::from(problem.severity).into(),
            column: problem.column,
            description: problem.description,
            suggestion: problem.suggestion,
            value: problem.value,
            reason: problem
                .reason
                .map(pb::ImportProblemReason::from)
                .unwrap_or_default()
                .into(),
            earlier_line: problem.earlier.map(|place| place.line).unwrap_or_default(),
            earlier_row: problem.earlier.map(|place| place.row).unwrap_or_default(),
        }
    }
}
