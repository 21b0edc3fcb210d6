//! A trace across processes: W3C Trace Context (`traceparent`), nothing else. Baggage is not carried: it would be a
//! way for personal data to travel.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use tonic::metadata::{AsciiMetadataValue, MetadataMap};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

const TRACEPARENT: &str = "traceparent";

/// The ids of a span: of one that is recorded, or of one that is not and is only spoken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceIds {
    trace: TraceId,
    span: SpanId,
    sampled: bool,
}

impl TraceIds {
    /// Of a span; `None` when nothing makes ids.
    #[must_use]
    pub fn of(span: &Span) -> Option<Self> {
        let context = span.context();
        let span = context.span();
        let ids = span.span_context();
        ids.is_valid().then(|| Self {
            trace: ids.trace_id(),
            span: ids.span_id(),
            sampled: ids.is_sampled(),
        })
    }

    /// Fresh ones of a trace that nobody records: enough to find what logs say about the same call.
    #[must_use]
    pub fn unrecorded() -> Self {
        let ids = RandomIdGenerator::default();
        Self {
            trace: ids.new_trace_id(),
            span: ids.new_span_id(),
            sampled: false,
        }
    }

    /// The id of the trace; it prints as 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        self.trace
    }

    /// The id of the span; it prints as 16 hexadecimal digits.
    #[must_use]
    pub fn span_id(&self) -> SpanId {
        self.span
    }

    /// As the callee is told.
    #[must_use]
    pub fn traceparent(&self) -> String {
        let mut text = String::with_capacity(55);
        text.push_str("00-");
        push_hex(&mut text, &self.trace.to_bytes());
        text.push('-');
        push_hex(&mut text, &self.span.to_bytes());
        text.push_str(if self.sampled { "-01" } else { "-00" });
        text
    }
}

/// Every call of the edge writes some: the machinery of `format!` takes ten times as long.
fn push_hex(text: &mut String, bytes: &[u8]) {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or('0');
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0xf));
    }
}

/// Whether a call names a trace that can be read.
#[must_use]
pub fn names_trace(headers: &HeaderMap) -> bool {
    headers.contains_key(TRACEPARENT) && extract(headers).span().span_context().is_valid()
}

/// Writes the current span into the headers of an outgoing call, over what was there.
pub fn inject(headers: &mut HeaderMap) {
    headers.remove(TRACEPARENT);
    if let Some(value) = current_traceparent().and_then(|text| HeaderValue::try_from(text).ok()) {
        headers.insert(HeaderName::from_static(TRACEPARENT), value);
    }
}

/// Writes the current span into the metadata of an outgoing call, over what was there.
pub fn inject_metadata(metadata: &mut MetadataMap) {
    metadata.remove(TRACEPARENT);
    if let Some(value) = current_traceparent().and_then(|text| AsciiMetadataValue::try_from(text).ok()) {
        metadata.insert(TRACEPARENT, value);
    }
}

/// The context that an incoming call names; an empty one when it names none, or names it badly.
#[must_use]
pub fn extract(headers: &HeaderMap) -> Context {
    let mut values = headers.get_all(TRACEPARENT).iter();
    match (values.next().and_then(|value| value.to_str().ok()), values.next()) {
        (Some(text), None) => context_of(text),
        _ => Context::new(),
    }
}

/// The current span as a `traceparent`, to be stored beside an event.
#[must_use]
pub fn current_traceparent() -> Option<String> {
    TraceIds::of(&Span::current()).map(|ids| ids.traceparent())
}

/// The context that a stored or received `traceparent` names; an empty one when it cannot be read.
#[must_use]
pub fn context_of(traceparent: &str) -> Context {
    match parse(traceparent) {
        Some(span) => Context::new().with_remote_span_context(span),
        None => Context::new(),
    }
}

/// Makes `span` a child of the context, if that holds a span. Must come before the span is first entered.
pub fn set_parent(span: &Span, parent: Context) {
    if parent.span().span_context().is_valid() {
        // Fails only when nothing records spans.
        let _ = span.set_parent(parent);
    }
}

/// Links `span` to the one that the context holds, if it holds one: to be found from there, and to inherit nothing.
pub fn link(span: &Span, other: &Context) {
    let other = other.span().span_context().clone();
    if other.is_valid() {
        span.add_link(other);
    }
}

/// Links the current span to another trace: the click that accepts to the trace that invited.
pub fn link_to(traceparent: &str) {
    if let Some(span) = parse(traceparent) {
        Span::current().add_link(span);
    }
}

/// `00-<32 hex>-<16 hex>-<2 hex>`; later versions may append fields (W3C Trace Context, section 3.2).
fn parse(traceparent: &str) -> Option<SpanContext> {
    let mut parts = traceparent.trim().split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let lengths = [version.len(), trace.len(), span.len(), flags.len()];
    let lower_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if lengths != [2, 32, 16, 2] || version == "ff" || (version == "00" && parts.next().is_some()) {
        return None;
    }
    if ![version, trace, span, flags].into_iter().all(lower_hex) {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    let context = SpanContext::new(trace, span, flags, true, TraceState::NONE);
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn what_is_written_is_read() {
        for sampled in [false, true] {
            let ids = TraceIds {
                sampled,
                ..TraceIds::unrecorded()
            };
            let read = parse(&ids.traceparent()).unwrap();
            assert_eq!((read.trace_id(), read.span_id()), (ids.trace, ids.span));
            assert_eq!((read.is_sampled(), ids.traceparent().len()), (sampled, 55));
        }
    }

    #[test]
    fn a_traceparent_is_read() {
        let context = context_of(GOOD);
        let span = context.span().span_context().clone();
        assert_eq!(span.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert!(span.is_sampled() && span.is_remote());
    }

    #[test]
    fn a_bad_traceparent_is_no_parent() {
        for bad in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        ] {
            assert!(!context_of(bad).span().span_context().is_valid(), "{bad}");
        }
    }

    #[test]
    fn two_traceparents_are_none() {
        let mut headers = HeaderMap::new();
        headers.append(TRACEPARENT, HeaderValue::from_static(GOOD));
        assert!(extract(&headers).span().span_context().is_valid());
        headers.append(TRACEPARENT, HeaderValue::from_static(GOOD));
        assert!(!extract(&headers).span().span_context().is_valid());
    }
}
