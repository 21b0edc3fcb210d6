//! Outcomes.

use muster_clock::Clock;
use muster_database::DatabaseError;
use muster_ids::{DeliveryName, EventId};
use muster_messaging::outbox::{self, NewEvent};
use muster_proto::notification::v1::{DeliveryChangedEvent, delivery};
use muster_telemetry::propagation;
use sqlx::PgConnection;

use crate::domain::{DeliveryState, Plan};
use crate::store::Claimed;

/// The worker acts on nobody's behalf.
const ACTOR: &str = "service:notification";

/// What became of a delivery, to be published.
#[derive(Debug)]
pub struct DeliveryOutcome<'a> {
    /// The delivery.
    pub of: &'a Claimed,
    /// What becomes of it.
    pub plan: &'a Plan,
    /// Its version after that.
    pub version: i64,
}

/// Writes `delivery.changed` into the caller's transaction, if others have to hear of the outcome.
pub async fn publish(
    tx: &mut PgConnection,
    clock: &Clock,
    outcome: &DeliveryOutcome<'_>,
) -> Result<(), DatabaseError> {
    let state = outcome.plan.disposition.state();
    let is_published = match state {
        DeliveryState::Sent | DeliveryState::Uncertain | DeliveryState::Failed | DeliveryState::Dropped => {
            true
        }
        DeliveryState::Deferred => is_news(outcome),
        DeliveryState::Queued | DeliveryState::Sending => false,
    };
    if !is_published {
        return Ok(());
    }
    let request = &outcome.of.request;
    let payload = DeliveryChangedEvent {
        delivery: name_of(outcome.of),
        subject: request.subject.to_string(),
        generation: request.generation,
        request: request.number,
        state: delivery::State::from(state).into(),
        server_reply: reply(outcome.plan),
    };
    outbox::append(tx, head(clock, outcome), &payload).await
}

/// A server that is away for a day would otherwise be told of hundreds of times.
fn is_news(outcome: &DeliveryOutcome<'_>) -> bool {
    let before = &outcome.of.history;
    let first = before.deferrals == 0 && before.breaks == 0;
    let reply = reply(outcome.plan);
    first || (!reply.is_empty() && reply != outcome.of.server_reply)
}

/// The server's reply; empty without one.
fn reply(plan: &Plan) -> String {
    plan.reply.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn head(clock: &Clock, outcome: &DeliveryOutcome<'_>) -> NewEvent {
    NewEvent {
        id: EventId::from_uuid(clock.new_uuid()),
        organization: outcome.of.lease.organization,
        aggregate: outcome.of.lease.delivery.as_uuid(),
        sequence: outcome.version,
        time: clock.now(),
        actor: ACTOR.to_owned(),
        traceparent: propagation::current_traceparent().or_else(|| outcome.of.traceparent.clone()),
    }
}

fn name_of(claimed: &Claimed) -> String {
    let lease = claimed.lease;
    DeliveryName {
        organization: lease.organization,
        delivery: lease.delivery,
    }
    .to_string()
}
