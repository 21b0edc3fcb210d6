//! What this service publishes, and what it consumes.

mod projection;

use muster_database::DatabaseError;
use muster_ids::{AccessNoticeName, EventId, PersonName, TrainingName};
use muster_messaging::outbox::{self, NewEvent};
use muster_proto::notification::v1::{MailPurpose, MailRequestedEvent};
use muster_proto::organization::v1::{
    GroupChangedEvent, GroupState, OrganizationApprovedEvent, OrganizationClosedEvent,
};
use muster_server::convert::timestamp;
use sqlx::PgConnection;
use time::OffsetDateTime;

pub(crate) use projection::Projection;

use crate::domain::{
    AccessNotice, AccessReminder, Group, Organization, OwnershipNotice, Review, StaffAct, SuspensionNotice,
};

/// Who asks for mails where no call does, or on whose behalf nobody is to be named.
const SELF: &str = "service:organization";
/// The mails carry no link of which there could be a newer one.
const GENERATION: i32 = 1;

/// Publishes that registry staff approved a profile.
pub(crate) async fn organization_approved(
    tx: &mut PgConnection,
    id: EventId,
    organization: &Organization,
    act: StaffAct,
) -> Result<(), DatabaseError> {
    let event = event(id, organization, act.actor, act.time);
    let payload = OrganizationApprovedEvent {
        organization: organization.name().to_string(),
        director: PersonName {
            person: organization.owner.person,
        }
        .to_string(),
    };
    outbox::append(tx, event, &payload).await
}

/// Publishes that a profile was closed, by `actor`.
pub(crate) async fn organization_closed(
    tx: &mut PgConnection,
    id: EventId,
    closed: &Organization,
    actor: String,
    time: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let payload = OrganizationClosedEvent {
        organization: closed.name().to_string(),
    };
    outbox::append(tx, event(id, closed, actor, time), &payload).await
}

/// Publishes what a group requires now, and whether it takes learners, by `actor`.
pub(crate) async fn group_changed(
    tx: &mut PgConnection,
    id: EventId,
    group: &Group,
    actor: String,
    time: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let (trainings, inactive) = (group.trainings.iter(), group.inactive.iter());
    let payload = GroupChangedEvent {
        group: group.name().to_string(),
        state: GroupState::from(group.state).into(),
        trainings: trainings
            .map(|&training| TrainingName { training }.to_string())
            .collect(),
        inactive_trainings: inactive
            .map(|&training| TrainingName { training }.to_string())
            .collect(),
    };
    let event = NewEvent {
        id,
        organization: group.organization,
        aggregate: group.id.into(),
        sequence: group.version,
        time,
        actor,
        traceparent: None,
    };
    outbox::append(tx, event, &payload).await
}

/// Asks for a mail to the owner: somebody asks to be let in.
pub(crate) async fn access_requested(
    tx: &mut PgConnection,
    id: EventId,
    notice: &AccessNotice,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let payload = MailRequestedEvent {
        subject: notice.name().to_string(),
        purpose: MailPurpose::AccessRequested.into(),
        generation: GENERATION,
        request: notice.number,
        not_before: notice.mail_time.filter(|time| *time > now).map(timestamp),
    };
    let event = NewEvent {
        id,
        organization: notice.organization,
        aggregate: notice.id.into(),
        sequence: notice.number.into(),
        time: now,
        actor: SELF.to_owned(),
        traceparent: None,
    };
    outbox::append(tx, event, &payload).await
}

/// Asks for a mail about an access that ends.
pub(crate) async fn access_ends(
    tx: &mut PgConnection,
    id: EventId,
    reminder: &AccessReminder,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    notice(tx, id, MailPurpose::AccessEnds, reminder.name(), now).await
}

/// Asks for a mail about an ownership that registry staff moved.
pub(crate) async fn ownership_moved(
    tx: &mut PgConnection,
    id: EventId,
    moved: &OwnershipNotice,
) -> Result<(), DatabaseError> {
    notice(tx, id, MailPurpose::OwnershipMoved, moved.name(), moved.move_time).await
}

/// Asks for a mail to the owner: registry staff suspended the organization, or let it go on.
pub(crate) async fn suspension(
    tx: &mut PgConnection,
    id: EventId,
    suspended: &SuspensionNotice,
) -> Result<(), DatabaseError> {
    notice(
        tx,
        id,
        MailPurpose::Suspension,
        suspended.name(),
        suspended.act_time,
    )
    .await
}

/// Asks for the one mail of a notice.
async fn notice(
    tx: &mut PgConnection,
    id: EventId,
    purpose: MailPurpose,
    name: AccessNoticeName,
    time: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let payload = MailRequestedEvent {
        subject: name.to_string(),
        purpose: purpose.into(),
        generation: GENERATION,
        request: 1,
        not_before: None,
    };
    let event = NewEvent {
        id,
        organization: name.organization,
        aggregate: name.notice.into(),
        sequence: 1,
        time,
        actor: SELF.to_owned(),
        traceparent: None,
    };
    outbox::append(tx, event, &payload).await
}

/// Asks for a mail to the owner: the review of the profile is due.
pub(crate) async fn review_due(
    tx: &mut PgConnection,
    id: EventId,
    review: &Review,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let payload = MailRequestedEvent {
        subject: review.notice_name().to_string(),
        purpose: MailPurpose::ReviewDue.into(),
        generation: GENERATION,
        request: review.mail_number,
        not_before: None,
    };
    let event = NewEvent {
        id,
        organization: review.organization,
        aggregate: review.notice.into(),
        sequence: review.mail_number.into(),
        time: now,
        actor: SELF.to_owned(),
        traceparent: None,
    };
    outbox::append(tx, event, &payload).await
}

fn event(id: EventId, organization: &Organization, actor: String, time: OffsetDateTime) -> NewEvent {
    NewEvent {
        id,
        organization: organization.id,
        aggregate: organization.id.into(),
        sequence: organization.version,
        time,
        actor,
        traceparent: None,
    }
}
