//! `delivery.changed`: what became of a delivery.

use muster_clock::Clock;
use muster_database::DatabaseError;
use muster_messaging::outbox::{self, NewEvent, Publication};
use muster_proto::notification::v1::{DeliveryChangedEvent, delivery};
use muster_telemetry::propagation;
use sqlx::PgConnection;

use crate::domain::{Claimed, DeliveryState, HandedOver, RetryDecision};
use crate::ops::delivery::settle::Ended;

/// The worker acts on nobody's behalf.
const ACTOR: &str = "service:notification";

/// `delivery.changed`, of those outcomes that others have to hear of: it is published by the statement that stores them.
pub(crate) fn deliveries_changed(clock: &Clock, ended: &[Ended]) -> Publication {
    let published = ended.iter().filter(|ended| is_published(ended));
    Publication::new(published.map(|ended| (event(clock, ended), payload(&ended.claimed, &ended.decision))))
}

/// `delivery.changed`, of a message that came back, in these words.
pub(crate) async fn delivery_bounced(
    tx: &mut PgConnection,
    clock: &Clock,
    bounced: &HandedOver,
    words: &str,
) -> Result<(), DatabaseError> {
    let event = NewEvent {
        id: clock.new_id(),
        organization: bounced.organization,
        aggregate: bounced.id.as_uuid(),
        sequence: bounced.version,
        time: clock.now(),
        actor: ACTOR.to_owned(),
        traceparent: propagation::current_traceparent().or_else(|| bounced.traceparent.clone()),
    };
    let payload = DeliveryChangedEvent {
        delivery: bounced.name().to_string(),
        subject: bounced.subject.clone(),
        generation: bounced.generation,
        request: bounced.request,
        state: delivery::State::from(bounced.state).into(),
        server_reply: words.to_owned(),
    };
    outbox::append(tx, event, &payload).await
}

fn event(clock: &Clock, ended: &Ended) -> NewEvent {
    let claimed = &ended.claimed;
    NewEvent {
        id: clock.new_id(),
        organization: claimed.lease.organization,
        aggregate: claimed.lease.delivery.as_uuid(),
        // The statement knows it.
        sequence: 0,
        time: clock.now(),
        actor: ACTOR.to_owned(),
        traceparent: ended.traceparent.clone().or_else(|| claimed.traceparent.clone()),
    }
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

fn is_published(ended: &Ended) -> bool {
    match ended.decision.disposition.state() {
        DeliveryState::Sent
        | DeliveryState::Uncertain
        | DeliveryState::Failed
        | DeliveryState::Dropped
        | DeliveryState::Bounced => true,
        DeliveryState::Deferred => is_news(ended),
        DeliveryState::Queued | DeliveryState::Sending => false,
    }
}

/// Every deferral of a message that its source was asked about, or the server talked to: its source takes it to be on its way until it
/// hears. Of others the first, and one with another reply: a server that is away for a day would be told of hundreds of times.
fn is_news(ended: &Ended) -> bool {
    let Ended {
        claimed, decision, ..
    } = ended;
    let before = &claimed.history;
    if ended.is_awaited || decision.history.attempts > before.attempts {
        return true;
    }
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
