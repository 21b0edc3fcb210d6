//! What this service publishes, and what it consumes.

mod projection;

use muster_database::DatabaseError;
use muster_ids::{EventId, PersonName};
use muster_messaging::outbox::{self, NewEvent};
use muster_proto::organization::v1::{OrganizationApprovedEvent, OrganizationClosedEvent};
use sqlx::PgConnection;
use time::OffsetDateTime;

pub(crate) use projection::Projection;

use crate::domain::{Organization, StaffAct};

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
