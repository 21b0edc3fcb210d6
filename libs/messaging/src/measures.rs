//! What is counted. Names begin with `muster_`; labels are event types, queues and outcomes: never ids.

use std::time::Duration;

use crate::outbox::Backlog;
use crate::{EventType, QueueSpec};

pub(crate) fn connected(purpose: &'static str, up: bool) {
    metrics::gauge!("muster_broker_connected", "purpose" => purpose).set(if up { 1.0 } else { 0.0 });
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is a float")]
pub(crate) fn backlog(backlog: Backlog) {
    metrics::gauge!("muster_outbox_pending").set(backlog.pending as f64);
    metrics::gauge!("muster_outbox_oldest_seconds").set(backlog.oldest_seconds);
}

/// One publishing: `outcome` is `published`, `returned`, `refused` or `unconfirmed`.
pub(crate) fn published(event: EventType, outcome: &'static str) {
    metrics::counter!("muster_messages_published_total", "event" => event.routing_key(), "outcome" => outcome)
        .increment(1);
}

/// One message that was taken out of the queue, so long after it was published.
pub(crate) fn taken(queue: &QueueSpec, event: Option<EventType>, age: Duration) {
    metrics::histogram!("muster_message_age_seconds", "queue" => queue.name, "event" => word(event))
        .record(age.as_secs_f64());
}

/// One delivery: `outcome` is `applied`, `repeated`, `parked` or `abandoned`; `unknown_type` when it is held for a newer
/// version, which may end as `parked`.
pub(crate) fn consumed(queue: &QueueSpec, event: Option<EventType>, outcome: &'static str, took: Duration) {
    let event = word(event);
    metrics::counter!(
        "muster_messages_consumed_total", "queue" => queue.name, "event" => event, "outcome" => outcome
    )
    .increment(1);
    metrics::histogram!("muster_message_handling_seconds", "queue" => queue.name, "event" => event)
        .record(took.as_secs_f64());
}

/// The event of a message; of one that cannot be read it is unknown.
fn word(event: Option<EventType>) -> &'static str {
    event.map_or("unknown", EventType::routing_key)
}

pub(crate) fn retried(queue: &QueueSpec, event: EventType) {
    metrics::counter!(
        "muster_message_retries_total", "queue" => queue.name, "event" => event.routing_key()
    )
    .increment(1);
}

/// Messages that wait in the queue and in its parked queue.
pub(crate) fn depth(queue: &QueueSpec, ready: u32, parked: u32) {
    metrics::gauge!("muster_queue_messages", "queue" => queue.name).set(f64::from(ready));
    metrics::gauge!("muster_parked_messages", "queue" => queue.name).set(f64::from(parked));
}

pub(crate) fn swept(table: &'static str, rows: u64) {
    metrics::counter!("muster_messaging_swept_rows_total", "table" => table).increment(rows);
}
