//! Outcomes.

use muster_clock::Clock;
use muster_database::DatabaseError;
use muster_ids::{DeliveryName, EventId};
use muster_messaging::outbox::{self, NewEvent};
use muster_proto::notification::v1::{
    DeliveryDeferredEvent, DeliveryDroppedEvent, DeliveryFailedEvent, DeliverySentEvent,
    DeliveryUncertainEvent,
};
use muster_telemetry::propagation;
use sqlx::PgConnection;

use crate::domain::{DeliveryState, Plan};
use crate::store::Claimed;

/// The worker acts on nobody's behalf.
const ACTOR: &str = "service:notification";

/// An outcome to tell.
#[derive(Debug)]
pub struct Tale<'a> {
    /// The delivery.
    pub of: &'a Claimed,
    /// What becomes of it.
    pub plan: &'a Plan,
    /// Its version after that.
    pub version: i64,
}

/// Writes the event of an outcome, if it is one that others have to hear of, into the caller's transaction.
pub async fn tell(tx: &mut PgConnection, clock: &Clock, tale: &Tale<'_>) -> Result<(), DatabaseError> {
    macro_rules! append {
        ($event:ident) => {{
            let payload = $event {
                delivery: name_of(tale.of),
                subject: tale.of.request.subject.to_string(),
                generation: tale.of.request.generation,
                request: tale.of.request.number,
                server_reply: tale
                    .plan
                    .reply
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
            };
            outbox::append(tx, head(clock, tale), &payload).await
        }};
    }
    match tale.plan.fate.state() {
        DeliveryState::Sent => append!(DeliverySentEvent),
        DeliveryState::Uncertain => append!(DeliveryUncertainEvent),
        DeliveryState::Deferred if is_news(tale) => append!(DeliveryDeferredEvent),
        DeliveryState::Failed => append!(DeliveryFailedEvent),
        DeliveryState::Dropped => append!(DeliveryDroppedEvent),
        DeliveryState::Deferred | DeliveryState::Queued | DeliveryState::Sending => Ok(()),
    }
}

/// A server that is away for a day would otherwise be told of hundreds of times.
fn is_news(tale: &Tale<'_>) -> bool {
    let before = &tale.of.history;
    let first = before.deferrals == 0 && before.breaks == 0;
    let other_reply = tale
        .plan
        .reply
        .as_ref()
        .is_some_and(|reply| reply.to_string() != tale.of.server_reply);
    first || other_reply
}

fn head(clock: &Clock, tale: &Tale<'_>) -> NewEvent {
    NewEvent {
        id: EventId::from_uuid(clock.new_uuid()),
        organization: tale.of.lease.organization,
        aggregate: tale.of.lease.delivery.as_uuid(),
        sequence: tale.version,
        time: clock.now(),
        actor: ACTOR.to_owned(),
        traceparent: propagation::current_traceparent().or_else(|| tale.of.traceparent.clone()),
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
