//! What is published: mails that are due, invitations that were accepted. What is consumed: [`reports`] of the mail
//! worker.

pub(crate) mod reports;

use muster_clock::Clock;
use muster_database::DatabaseError;
use muster_ids::{EventId, GroupId, GroupName, InvitationName, LocationName, OrganizationName, PersonName};
use muster_messaging::outbox::{self, NewEvent};
use muster_proto::invitation::v1 as proto;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::invitation::{Acceptance, Invitation};
use crate::rpc::convert;

/// Who acts when nobody calls.
pub(crate) const SELF: &str = "service:invitation";

/// When and by whom.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    pub(crate) actor: String,
    pub(crate) time: OffsetDateTime,
}

/// `invitation.mail_requested`, in the trace of the invitation, which runs on to the mail server's reply.
pub(crate) async fn mail_requested(
    tx: &mut PgConnection,
    clock: &Clock,
    act: &Act,
    invitation: &Invitation,
) -> Result<(), DatabaseError> {
    let payload = proto::InvitationMailRequestedEvent {
        invitation: name(invitation),
        purpose: proto::MailPurpose::Invite.into(),
        generation: invitation.generation,
    };
    let traceparent = invitation.traceparent.clone();
    outbox::append(tx, event(clock, act, invitation, traceparent), &payload).await
}

/// `invitation.accepted`, in the trace of the accepting call.
pub(crate) async fn accepted(
    tx: &mut PgConnection,
    clock: &Clock,
    act: &Act,
    invitation: &Invitation,
    acceptance: &Acceptance,
    groups: &[GroupId],
) -> Result<(), DatabaseError> {
    let organization = invitation.organization;
    let payload = proto::InvitationAcceptedEvent {
        invitation: name(invitation),
        organization: OrganizationName { organization }.to_string(),
        person: PersonName {
            person: acceptance.person,
        }
        .to_string(),
        inviter: PersonName {
            person: invitation.inviter,
        }
        .to_string(),
        source: convert::source(invitation.source).into(),
        groups: groups
            .iter()
            .map(|&group| GroupName { organization, group }.to_string())
            .collect(),
        location: invitation
            .location
            .map(|location| {
                LocationName {
                    organization,
                    location,
                }
                .to_string()
            })
            .unwrap_or_default(),
    };
    outbox::append(tx, event(clock, act, invitation, None), &payload).await
}

fn event(clock: &Clock, act: &Act, invitation: &Invitation, traceparent: Option<String>) -> NewEvent {
    NewEvent {
        id: EventId::from_uuid(clock.new_uuid()),
        organization: invitation.organization,
        aggregate: invitation.id.as_uuid(),
        sequence: invitation.version,
        time: act.time,
        actor: act.actor.clone(),
        traceparent,
    }
}

fn name(invitation: &Invitation) -> String {
    InvitationName {
        organization: invitation.organization,
        invitation: invitation.id,
    }
    .to_string()
}
