//! What this service publishes, and what it consumes.

mod projection;

use muster_database::DatabaseError;
use muster_ids::{EventId, PersonName};
use muster_messaging::outbox::{self, NewEvent};
use muster_proto::organization::v1::OrganizationApprovedEvent;
use sqlx::PgConnection;

pub(crate) use projection::Projection;

use crate::domain::{Organization, StaffAct};

/// Publishes that registry staff approved a profile.
pub(crate) async fn organization_approved(
    tx: &mut PgConnection,
    id: EventId,
    organization: &Organization,
    act: StaffAct,
) -> Result<(), DatabaseError> {
    let event = NewEvent {
        id,
        organization: organization.id,
        aggregate: organization.id.into(),
        sequence: organization.version,
        time: act.time,
        actor: act.actor,
        traceparent: None,
    };
    let payload = OrganizationApprovedEvent {
        organization: organization.name().to_string(),
        director: PersonName {
            person: organization.owner.person,
        }
        .to_string(),
    };
    outbox::append(tx, event, &payload).await
}
