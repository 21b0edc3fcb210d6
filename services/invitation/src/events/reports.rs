//! Reports of the mail worker: what became of a mail.

use async_trait::async_trait;
use muster_ids::{DeliveryId, InvitationName};
use muster_messaging::{EventType, Handler, HandlingError, Received};
use muster_proto::notification::v1 as proto;
use sqlx::PgConnection;

use crate::domain::invitation::DeliveryState;
use crate::store::deliveries::{self, Report};

/// Keeps delivery states, and turns a PROSPECT into PENDING once the mail server took its mail.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reports;

#[async_trait]
impl Handler for Reports {
    type Prepared = ();

    async fn apply(
        &self,
        tx: &mut PgConnection,
        event: &Received,
        (): Self::Prepared,
    ) -> Result<(), HandlingError> {
        let Some(report) = read(event)? else { return Ok(()) };
        if !deliveries::take_over(tx, &report).await? {
            tracing::debug!(event = %event.event_type, "a late report changes nothing");
        }
        Ok(())
    }
}

/// What a report says. `None` when it is about something else than an invitation.
fn read(event: &Received) -> Result<Option<Report>, HandlingError> {
    let (state, subject, generation, detail) = match event.event_type {
        EventType::DeliverySent => {
            let body: proto::DeliverySentEvent = event.decode()?;
            (
                DeliveryState::Sent,
                body.subject,
                body.generation,
                body.server_reply,
            )
        }
        EventType::DeliveryUncertain => {
            let body: proto::DeliveryUncertainEvent = event.decode()?;
            (
                DeliveryState::Uncertain,
                body.subject,
                body.generation,
                body.server_reply,
            )
        }
        EventType::DeliveryDeferred => {
            let body: proto::DeliveryDeferredEvent = event.decode()?;
            (
                DeliveryState::Deferred,
                body.subject,
                body.generation,
                body.server_reply,
            )
        }
        EventType::DeliveryFailed => {
            let body: proto::DeliveryFailedEvent = event.decode()?;
            (
                DeliveryState::Failed,
                body.subject,
                body.generation,
                body.server_reply,
            )
        }
        EventType::DeliveryDropped => {
            let body: proto::DeliveryDroppedEvent = event.decode()?;
            (
                DeliveryState::Dropped,
                body.subject,
                body.generation,
                body.server_reply,
            )
        }
        other => {
            return Err(HandlingError::Permanent(format!(
                "{other} is not for this service"
            )));
        }
    };
    let Ok(name) = subject.parse::<InvitationName>() else {
        return Ok(None);
    };
    if name.organization != event.organization {
        return Err(HandlingError::Permanent(
            "the subject is of another organization than the event".to_owned(),
        ));
    }
    Ok(Some(Report {
        organization: name.organization,
        invitation: name.invitation,
        generation,
        delivery: DeliveryId::from_uuid(event.aggregate),
        sequence: event.sequence,
        state,
        detail,
    }))
}
