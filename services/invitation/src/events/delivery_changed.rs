//! What became of mails about invitations.

use std::sync::Arc;

use async_trait::async_trait;
use muster_ids::{DeliveryId, InvitationName};
use muster_messaging::{Handler, HandlingError, Received};
use muster_proto::notification::v1::{DeliveryChangedEvent, delivery::State};
use sqlx::PgConnection;

use crate::domain::invitation::{DeliveryReport, DeliveryState, Reported};
use crate::ops::invitation::report_delivery::report_deliveries;

/// Handles `delivery.changed`: keeps delivery states, and turns a PROSPECT into PENDING once the mail server took its
/// mail.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeliveryChanged;

#[async_trait]
impl Handler for DeliveryChanged {
    type Event = DeliveryChangedEvent;
    /// `None` when the mail is about something else than an invitation.
    type Prepared = Option<(InvitationName, DeliveryReport)>;
    const BATCH_SIZE: usize = 100;

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
            number: message.request,
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
        _: &Received,
        report: Self::Prepared,
    ) -> Result<(), HandlingError> {
        take_over(tx, report.into_iter().collect()).await
    }

    async fn apply_all(
        &self,
        tx: &mut PgConnection,
        events: Vec<(Arc<Received>, Self::Prepared)>,
    ) -> Result<(), HandlingError> {
        take_over(tx, events.into_iter().filter_map(|(_, report)| report).collect()).await
    }
}

async fn take_over(
    tx: &mut PgConnection,
    reports: Vec<(InvitationName, DeliveryReport)>,
) -> Result<(), HandlingError> {
    let reported = reports.len();
    let changed = report_deliveries(tx, reports).await?;
    if changed < reported {
        tracing::debug!(reported, changed, "late reports change nothing");
    }
    Ok(())
}

fn state(state: State) -> Result<DeliveryState, HandlingError> {
    match state {
        State::Sent => Ok(DeliveryState::Sent),
        State::Uncertain => Ok(DeliveryState::Uncertain),
        State::Deferred => Ok(DeliveryState::Deferred),
        State::Failed => Ok(DeliveryState::Failed),
        State::Dropped => Ok(DeliveryState::Dropped),
        State::Bounced => Ok(DeliveryState::Bounced),
        State::Unspecified | State::Queued | State::Sending => Err(HandlingError::Permanent(
            "state is not one that is published".to_owned(),
        )),
    }
}
