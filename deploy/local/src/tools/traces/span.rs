//! A span, as it is kept and as the API shows it.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span as Received, Status};
use serde::{Deserialize, Serialize};

/// One piece of work in one service. Ids are hexadecimal, as in `traceparent`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Span {
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
    /// Empty for the first of a trace.
    pub(crate) parent_span_id: String,
    pub(crate) service: String,
    pub(crate) name: String,
    /// `internal`, `server`, `client`, `producer` or `consumer`.
    pub(crate) kind: String,
    /// Nanoseconds since 1970.
    pub(crate) start: u64,
    /// Nanoseconds since 1970.
    pub(crate) end: u64,
    /// What the span says went wrong; absent when nothing did.
    pub(crate) error: Option<String>,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) links: Vec<Link>,
}

/// Another span that this one belongs with, in another trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Link {
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
}

impl Span {
    /// From the wire, as sent by `service`.
    pub(super) fn received(service: &str, span: Received) -> Self {
        let link = |trace: &[u8], span: &[u8]| Link {
            trace_id: hex(trace),
            span_id: hex(span),
        };
        Self {
            trace_id: hex(&span.trace_id),
            span_id: hex(&span.span_id),
            parent_span_id: hex(&span.parent_span_id),
            service: service.to_owned(),
            kind: kind(span.kind()).to_owned(),
            name: span.name,
            start: span.start_time_unix_nano,
            end: span.end_time_unix_nano.max(span.start_time_unix_nano),
            error: span.status.and_then(error),
            attributes: attributes(span.attributes),
            links: span
                .links
                .iter()
                .map(|to| link(&to.trace_id, &to.span_id))
                .collect(),
        }
    }

    /// In microseconds.
    pub(super) fn duration_us(&self) -> u64 {
        (self.end - self.start) / 1000
    }
}

fn kind(kind: SpanKind) -> &'static str {
    match kind {
        SpanKind::Unspecified | SpanKind::Internal => "internal",
        SpanKind::Server => "server",
        SpanKind::Client => "client",
        SpanKind::Producer => "producer",
        SpanKind::Consumer => "consumer",
    }
}

fn error(status: Status) -> Option<String> {
    (status.code() == StatusCode::Error).then_some(status.message)
}

/// Attributes as text.
pub(super) fn attributes(given: Vec<KeyValue>) -> BTreeMap<String, String> {
    given
        .into_iter()
        .map(|pair| (pair.key, pair.value.map(text).unwrap_or_default()))
        .collect()
}

fn text(value: AnyValue) -> String {
    match value.value {
        Some(Value::StringValue(text)) => text,
        Some(Value::BoolValue(yes)) => yes.to_string(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        Some(Value::BytesValue(bytes)) => hex(&bytes),
        Some(Value::ArrayValue(list)) => list.values.into_iter().map(text).collect::<Vec<_>>().join(", "),
        Some(Value::KvlistValue(list)) => format!("{:?}", attributes(list.values)),
        _ => String::new(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
