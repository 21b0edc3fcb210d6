//! A span, as it is kept and as the API shows it.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span as Received;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
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
    /// Other traces that it belongs with.
    pub(crate) links: Vec<String>,
}

impl Span {
    /// From the wire, as sent by `service`.
    pub(super) fn received(service: &str, span: Received) -> Self {
        let kind = span.kind().as_str_name();
        Self {
            trace_id: hex(&span.trace_id),
            span_id: hex(&span.span_id),
            parent_span_id: hex(&span.parent_span_id),
            service: service.to_owned(),
            kind: kind.trim_start_matches("SPAN_KIND_").to_lowercase(),
            links: span.links.iter().map(|link| hex(&link.trace_id)).collect(),
            name: span.name,
            start: span.start_time_unix_nano,
            end: span.end_time_unix_nano.max(span.start_time_unix_nano),
            error: span
                .status
                .filter(|status| status.code() == StatusCode::Error)
                .map(|status| status.message),
            attributes: attributes(span.attributes),
        }
    }
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
        Some(other) => format!("{other:?}"),
        None => String::new(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
