//! What the service publishes, and what it does about what others publish.
//!
//! Publishes `employment.verified` (also when a verified one has other groups or another location), `employment.ended`, `employment.restored` when
//! an end was taken back, `employment.changed` of what is none of these, and `mail.requested`. Consumes `invitation.accepted` and `organization.approved`: both are read into a
//! [`Hiring`](crate::domain::Hiring) before the transaction, with what their owners say now, and carried out by
//! [`employ`](crate::ops::employment::employ). Consumes `organization.closed`, with which all employments there end, a few at a
//! time ([`carry_out`](crate::ops::closing::carry_out)).

mod invitation_accepted;
mod mail_requested;
mod organization_approved;
mod organization_closed;

use muster_clock::Clock;
use muster_database::DatabaseError;
use muster_ids::{
    EventId, GrantName, GroupName, InvitationName, LocationName, OrganizationName, PersonId, PersonName,
};
use muster_messaging::Event;
use muster_messaging::outbox::{self, NewEvent};
use muster_proto::employment::v1 as pb;
use muster_server::convert::timestamp;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{Consent, Employment, EmploymentState};
pub(crate) use invitation_accepted::InvitationAccepted;
pub(crate) use mail_requested::mail_requested;
pub(crate) use organization_approved::OrganizationApproved;
pub(crate) use organization_closed::OrganizationClosed;

/// Who did it, and when.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    /// `person:<uuid>` or `service:<name>`.
    pub(crate) actor: String,
    pub(crate) time: OffsetDateTime,
}

/// Publishes that employments have come to where they stand.
pub(crate) async fn publish(
    tx: &mut PgConnection,
    clock: &Clock,
    employments: &[Employment],
    act: Act,
) -> Result<(), DatabaseError> {
    let (mut verified, mut ended, mut changed) = (Vec::new(), Vec::new(), Vec::new());
    for employment in employments {
        let event = event(clock.new_id(), employment, &act);
        let facts = Some(facts(employment));
        match employment.state {
            EmploymentState::Verified => verified.push((event, pb::EmploymentVerifiedEvent { facts })),
            EmploymentState::Ended => ended.push((event, pb::EmploymentEndedEvent { facts })),
            EmploymentState::PendingVerification | EmploymentState::Rejected | EmploymentState::Withdrawn => {
                changed.push((event, pb::EmploymentChangedEvent { facts }));
            }
        }
    }
    append(tx, verified).await?;
    append(tx, ended).await?;
    append(tx, changed).await
}

/// Publishes that an end was taken back.
pub(crate) async fn publish_restored(
    tx: &mut PgConnection,
    clock: &Clock,
    restored: &Employment,
    act: Act,
    end: OffsetDateTime,
    former_end: Option<OffsetDateTime>,
) -> Result<(), DatabaseError> {
    let payload = pb::EmploymentRestoredEvent {
        facts: Some(facts(restored)),
        end_time: Some(timestamp(end)),
        former_end_time: former_end.map(timestamp),
    };
    outbox::append(tx, event(clock.new_id(), restored, &act), &payload).await
}

async fn append<E: Event>(tx: &mut PgConnection, events: Vec<(NewEvent, E)>) -> Result<(), DatabaseError> {
    if events.is_empty() {
        return Ok(());
    }
    outbox::append_all(tx, events).await
}

fn event(id: EventId, employment: &Employment, act: &Act) -> NewEvent {
    NewEvent {
        id,
        organization: employment.organization,
        aggregate: employment.id.into(),
        sequence: employment.version,
        time: act.time,
        actor: act.actor.clone(),
        traceparent: None,
    }
}

/// What every event says of its employment: ids only.
pub(crate) fn facts(employment: &Employment) -> pb::EmploymentFacts {
    let organization = employment.organization;
    let groups = employment
        .groups
        .iter()
        .map(|&group| GroupName { organization, group }.to_string());
    let (location, invitation) = (employment.location, employment.source_invitation);
    pb::EmploymentFacts {
        employment: employment.name().to_string(),
        organization: OrganizationName { organization }.to_string(),
        person: PersonName {
            person: employment.person,
        }
        .to_string(),
        state: pb::EmploymentState::from(employment.state).into(),
        groups: groups.collect(),
        location: location
            .map(|location| {
                LocationName {
                    organization,
                    location,
                }
                .to_string()
            })
            .unwrap_or_default(),
        source_invitation: invitation
            .map(|invitation| {
                InvitationName {
                    organization,
                    invitation,
                }
                .to_string()
            })
            .unwrap_or_default(),
        create_time: Some(timestamp(employment.create_time)),
        was_verified: employment.first_verify_time.is_some(),
        consent: employment
            .consent
            .as_ref()
            .map(|given| consent(employment.person, given)),
    }
}

/// What the person granted with their claim, for the records.
pub(crate) fn consent(person: PersonId, given: &Consent) -> pb::ClaimedConsent {
    let name = GrantName {
        person,
        grant: given.grant,
    };
    pb::ClaimedConsent {
        grant: name.to_string(),
        consent_time: Some(timestamp(given.time)),
        expire_time: given.terms.expire_time.map(timestamp),
        wording: given.terms.wording.clone(),
    }
}
