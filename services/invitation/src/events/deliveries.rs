//! What became of mails about invitations.

use async_trait::async_trait;
use muster_ids::{DeliveryId, InvitationName};
use muster_messaging::{Handler, HandlingError, Received};
use muster_proto::notification::v1::{DeliveryChangedEvent, delivery::State};
use sqlx::PgConnection;

use crate::domain::invitation::{DeliveryReport, DeliveryState, Reported};
use crate::ops::invitation::report_delivery::report_delivery;

/// Handles `delivery.changed`: keeps delivery states, and turns a PROSPECT into PENDING once the mail server took its
/// mail.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deliveries;

#[async_trait]
impl Handler for Deliveries {
    type Event = DeliveryChangedEvent;
    /// `None` when the mail is about something else than an invitation.
    type Prepared = Option<(InvitationName, DeliveryReport)>;

    async fn prepare(
        &self,
        event: &Received,
        message: DeliveryChangedEvent,
    ) -> Result<Self::Prepared, HandlingError> {
        let Ok(name) = message.subject.parse::<InvitationName>() else {
            return Ok(None);
        };
        event.within(name.organization)?;
        let report = DeliveryReport {
            generation: message.generation,
            reported: Reported {
                delivery: DeliveryId::from_uuid(event.aggregate),
                sequence: event.sequence,
            },
            state: state(message.state())?,
            detail: message.server_reply,
        };
        Ok(Some((name, report)))
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        event: &Received,
        report: Self::Prepared,
    ) -> Result<(), HandlingError> {
        let Some((name, report)) = report else {
            return Ok(());
        };
        if !report_delivery(tx, name.organization, name.invitation, report).await? {
            tracing::debug!(event = %event.event_type, "a late report changes nothing");
        }
        Ok(())
    }
}

fn state(state: State) -> Result<DeliveryState, HandlingError> {
    match state {
        State::Sent => Ok(DeliveryState::Sent),
        State::Uncertain => Ok(DeliveryState::Uncertain),
        State::Deferred => Ok(DeliveryState::Deferred),
        State::Failed => Ok(DeliveryState::Failed),
        State::Dropped => Ok(DeliveryState::Dropped),
        State::Unspecified | State::Queued | State::Sending => Err(HandlingError::Permanent(
            "state is not one that is published".to_owned(),
        )),
    }
}
