//! What is published: mails that are due, invitations that were accepted. What is consumed: what became of
//! mails ([`delivery_changed`]), where employments stand ([`employment_changed`], [`employment_restored`]), and that organizations were
//! closed ([`organization_closed`]).

pub(crate) mod delivery_changed;
pub(crate) mod employment_changed;
pub(crate) mod employment_restored;
pub(crate) mod organization_closed;

use muster_clock::Clock;
use muster_database::DatabaseError;
use muster_ids::{
    EventId, GroupId, InvitationId, InvitationName, JoinRequestName, LocationId, OrganizationId,
    OrganizationName, PersonName,
};
use muster_messaging::outbox::{self, NewEvent};
use muster_proto::invitation::v1 as pb;
use muster_proto::notification::v1::{MailPurpose, MailRequestedEvent};
use muster_server::convert::timestamp;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::convert::names::{group_names, location_name};
use crate::domain::acceptance_notice::AcceptanceNotice;
use crate::domain::invitation::{Acceptance, Invitation, MailRequest};
use crate::domain::join_request::JoinRequest;

/// Who acts when nobody calls.
pub(crate) const SELF: &str = "service:invitation";

/// When and by whom.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    pub(crate) actor: String,
    pub(crate) time: OffsetDateTime,
}

/// `mail.requested`, in the trace of the invitation, which runs on to the mail server's reply.
pub(crate) async fn mail_requested(
    tx: &mut PgConnection,
    clock: &Clock,
    act: &Act,
    mail: &MailRequest,
) -> Result<(), DatabaseError> {
    mails_requested(tx, clock, [(act, mail)]).await
}

/// As [`mail_requested`], of many in one statement.
pub(crate) async fn mails_requested<'a>(
    tx: &mut PgConnection,
    clock: &Clock,
    mails: impl IntoIterator<Item = (&'a Act, &'a MailRequest)>,
) -> Result<(), DatabaseError> {
    let requested = |(act, mail): (&Act, &MailRequest)| {
        let subject = Subject {
            organization: mail.organization,
            invitation: mail.invitation,
            version: mail.version,
        };
        let payload = MailRequestedEvent {
            subject: subject.name(),
            purpose: MailPurpose::Invite.into(),
            generation: mail.generation,
            request: mail.number,
            // A scheduled invitation asks when its time has come.
            not_before: None,
        };
        (subject.event(clock, act, mail.traceparent.clone()), payload)
    };
    let events: Vec<_> = mails.into_iter().map(requested).collect();
    if events.is_empty() {
        return Ok(());
    }
    outbox::append_all(tx, events).await
}

/// `mail.requested` about a request to join.
pub(crate) async fn join_mail_requested(
    tx: &mut PgConnection,
    clock: &Clock,
    act: &Act,
    request: &JoinRequest,
) -> Result<(), DatabaseError> {
    let organization = request.organization;
    let name = JoinRequestName {
        organization,
        join_request: request.id,
    };
    let payload = MailRequestedEvent {
        subject: name.to_string(),
        purpose: MailPurpose::Join.into(),
        generation: 1,
        request: 1,
        not_before: None,
    };
    let event = NewEvent {
        id: EventId::from_uuid(clock.new_uuid()),
        organization,
        aggregate: request.id.as_uuid(),
        sequence: 1,
        time: act.time,
        actor: act.actor.clone(),
        traceparent: None,
    };
    outbox::append(tx, event, &payload).await
}

/// `mail.requested` to whoever is told that people could not accept, of whom the event says no more than the notice.
pub(crate) async fn groups_inactive_requested(
    tx: &mut PgConnection,
    clock: &Clock,
    notice: &AcceptanceNotice,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let payload = MailRequestedEvent {
        subject: notice.name().to_string(),
        purpose: MailPurpose::GroupsInactive.into(),
        generation: 1,
        request: notice.number,
        not_before: notice.mail_time.filter(|time| *time > now).map(timestamp),
    };
    let event = NewEvent {
        id: EventId::from_uuid(clock.new_uuid()),
        organization: notice.organization,
        aggregate: notice.id.as_uuid(),
        sequence: notice.number.into(),
        time: now,
        actor: SELF.to_owned(),
        traceparent: None,
    };
    outbox::append(tx, event, &payload).await
}

/// What an acceptance joins: what of the invitation is still active.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Joined<'a> {
    pub(crate) groups: &'a [GroupId],
    pub(crate) location: Option<LocationId>,
}

/// `invitation.accepted`, in the trace of the accepting call.
pub(crate) async fn accepted(
    tx: &mut PgConnection,
    clock: &Clock,
    act: &Act,
    invitation: &Invitation,
    acceptance: &Acceptance,
    joined: Joined<'_>,
) -> Result<(), DatabaseError> {
    let organization = invitation.organization;
    let subject = Subject {
        organization,
        invitation: invitation.id,
        version: invitation.version,
    };
    let payload = pb::InvitationAcceptedEvent {
        invitation: subject.name(),
        organization: OrganizationName { organization }.to_string(),
        person: PersonName {
            person: acceptance.person,
        }
        .to_string(),
        inviter: PersonName {
            person: invitation.inviter,
        }
        .to_string(),
        source: pb::InvitationSource::from(invitation.source).into(),
        groups: group_names(organization, joined.groups),
        location: location_name(organization, joined.location),
        vouch_time: Some(timestamp(invitation.vouch_time)),
    };
    outbox::append(tx, subject.event(clock, act, None), &payload).await
}

/// What an event is about.
struct Subject {
    organization: OrganizationId,
    invitation: InvitationId,
    version: i64,
}

impl Subject {
    fn event(&self, clock: &Clock, act: &Act, traceparent: Option<String>) -> NewEvent {
        NewEvent {
            id: EventId::from_uuid(clock.new_uuid()),
            organization: self.organization,
            aggregate: self.invitation.as_uuid(),
            sequence: self.version,
            time: act.time,
            actor: act.actor.clone(),
            traceparent,
        }
    }

    fn name(&self) -> String {
        InvitationName {
            organization: self.organization,
            invitation: self.invitation,
        }
        .to_string()
    }
}
