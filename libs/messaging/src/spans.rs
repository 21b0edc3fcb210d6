//! Spans of publishing and handling, after the OpenTelemetry messaging conventions.

use muster_telemetry::propagation;
use tracing::{Span, field};

use crate::{QueueSpec, Received};

/// The PRODUCER span of one publishing, a child of the span that wrote the outbox row.
pub(crate) fn publishing(event: &Received, exchange: &str) -> Span {
    let key = event.event_type.routing_key();
    let span = tracing::info_span!(
        "publish",
        otel.name = %format!("publish {exchange}:{key}"),
        otel.kind = "producer",
        otel.status_code = field::Empty,
        messaging.system = "rabbitmq",
        messaging.operation.type = "send",
        messaging.operation.name = "publish",
        messaging.destination.name = %format!("{exchange}:{key}"),
        messaging.rabbitmq.destination.routing_key = key,
        messaging.message.id = %event.id,
        messaging.message.body.size = size(event),
        muster.sequence = event.sequence,
        error.type = field::Empty,
    );
    continue_from(&span, event.traceparent.as_deref());
    span
}

/// The CONSUMER span of handling one delivery, a child of the publishing.
pub(crate) fn handling(event: &Received, exchange: &str, queue: &QueueSpec) -> Span {
    let key = event.event_type.routing_key();
    let destination = format!("{exchange}:{key}:{}", queue.name);
    let span = tracing::info_span!(
        "process",
        otel.name = %format!("process {destination}"),
        otel.kind = "consumer",
        otel.status_code = field::Empty,
        messaging.system = "rabbitmq",
        messaging.operation.type = "process",
        messaging.operation.name = "process",
        messaging.destination.name = %destination,
        messaging.rabbitmq.destination.routing_key = key,
        messaging.message.id = %event.id,
        messaging.message.body.size = size(event),
        muster.sequence = event.sequence,
        error.type = field::Empty,
    );
    continue_from(&span, event.traceparent.as_deref());
    span
}

/// The CLIENT span of telling the broker what became of a delivery (`ack` or `reject`).
pub(crate) fn settling(parent: &Span, name: &'static str) -> Span {
    tracing::debug_span!(
        parent: parent,
        "settle",
        otel.name = name,
        otel.kind = "client",
        messaging.system = "rabbitmq",
        messaging.operation.type = "settle",
        messaging.operation.name = name,
    )
}

/// Marks a span as failed with one of a few fixed words.
pub(crate) fn failed(span: &Span, error_type: &'static str) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", error_type);
}

/// The trace context of this span, to be sent along; without a tracer, the one that it continues.
pub(crate) fn traceparent(span: &Span, event: &Received) -> Option<String> {
    span.in_scope(propagation::current_traceparent)
        .or_else(|| event.traceparent.clone())
}

/// Bytes of the payload. Signed, because what is not becomes text on its way to a collector.
fn size(event: &Received) -> i64 {
    i64::try_from(event.payload.len()).unwrap_or(i64::MAX)
}

fn continue_from(span: &Span, traceparent: Option<&str>) {
    if let Some(traceparent) = traceparent {
        propagation::set_parent(span, propagation::context_of(traceparent));
    }
}
