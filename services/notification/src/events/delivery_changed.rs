//! `delivery.changed`: what became of a delivery.

use muster_clock::Clock;
use muster_database::DatabaseError;
use muster_messaging::outbox::{self, NewEvent};
use muster_proto::notification::v1::{DeliveryChangedEvent, delivery};
use muster_telemetry::propagation;
use sqlx::PgConnection;

use crate::domain::{Claimed, DeliveryState, RetryDecision};

/// The worker acts on nobody's behalf.
const ACTOR: &str = "service:notification";

/// Writes `delivery.changed` into the caller's transaction, if others have to hear of the decision. `version` is the
/// delivery's after it.
pub(crate) async fn delivery_changed(
    tx: &mut PgConnection,
    clock: &Clock,
    claimed: &Claimed,
    decision: &RetryDecision,
    version: i64,
) -> Result<(), DatabaseError> {
    if !is_published(claimed, decision) {
        return Ok(());
    }
    let event = NewEvent {
        id: clock.new_id(),
        organization: claimed.lease.organization,
        aggregate: claimed.lease.delivery.as_uuid(),
        sequence: version,
        time: clock.now(),
        actor: ACTOR.to_owned(),
        traceparent: propagation::current_traceparent().or_else(|| claimed.traceparent.clone()),
    };
    outbox::append(tx, event, &payload(claimed, decision)).await
}

fn payload(claimed: &Claimed, decision: &RetryDecision) -> DeliveryChangedEvent {
    DeliveryChangedEvent {
        delivery: claimed.lease.name().to_string(),
        subject: claimed.request.subject.to_string(),
        generation: claimed.request.generation,
        request: claimed.request.number,
        state: delivery::State::from(decision.disposition.state()).into(),
        server_reply: reply(decision),
    }
}

fn is_published(claimed: &Claimed, decision: &RetryDecision) -> bool {
    match decision.disposition.state() {
        DeliveryState::Sent | DeliveryState::Uncertain | DeliveryState::Failed | DeliveryState::Dropped => {
            true
        }
        DeliveryState::Deferred => is_news(claimed, decision),
        DeliveryState::Queued | DeliveryState::Sending => false,
    }
}

/// The first deferral, and one with another reply. Otherwise a server that is away for a day would be told of hundreds of
/// times.
fn is_news(claimed: &Claimed, decision: &RetryDecision) -> bool {
    let before = &claimed.history;
    let first = before.deferrals == 0 && before.breaks == 0;
    let reply = reply(decision);
    first || (!reply.is_empty() && reply != claimed.server_reply)
}

/// The server's reply; empty without one.
fn reply(decision: &RetryDecision) -> String {
    decision
        .reply
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default()
}
