//! One trace runs from the call that wrote the fact to the work of its consumers.

use std::sync::{Arc, Mutex};

use muster_testkit::eventually_some;
use opentelemetry::Value;
use opentelemetry::trace::{SpanKind, TraceContextExt, TraceId, TracerProvider};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tracing::Instrument;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;

use crate::fixture::{Fixture, Recorder, fresh};

#[derive(Debug, Clone, Default)]
struct Collected(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Collected {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

impl Collected {
    /// The span of this trace whose name begins so.
    fn span(&self, trace: TraceId, start: &str) -> Option<SpanData> {
        let spans = self.0.lock().unwrap();
        let found = spans
            .iter()
            .find(|span| span.span_context.trace_id() == trace && span.name.starts_with(start));
        found.cloned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_runs_from_the_fact_to_its_consumer() {
    let collected = Collected::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(collected.clone())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    // For the whole process: the tests beside this one are traced too, in traces of their own.
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();

    let fixture = Fixture::new().await;
    let _relay = fixture.relay(fixture.broker.broker());
    let _consumer = fixture.consumer(fixture.broker.as_service("employment"), Recorder::new());
    let call = tracing::info_span!("the call");
    let trace = call.context().span().span_context().trace_id();
    fixture.publish(fresh(), 1).instrument(call).await;

    let ack = eventually_some(async || collected.span(trace, "ack")).await;
    // Its consumer may be done before the relay has heard that the broker has it.
    let publish = eventually_some(async || collected.span(trace, "publish ")).await;
    let process = eventually_some(async || collected.span(trace, "process ")).await;
    assert_eq!(publish.span_kind, SpanKind::Producer);
    assert_eq!(process.span_kind, SpanKind::Consumer);
    assert_eq!(process.parent_span_id, publish.span_context.span_id());
    assert_eq!(ack.parent_span_id, process.span_context.span_id());
    let attribute = |name: &str| {
        let found = process
            .attributes
            .iter()
            .find(|attribute| attribute.key.as_str() == name);
        found.unwrap_or_else(|| panic!("no {name}")).value.to_string()
    };
    assert_eq!(attribute("messaging.system"), "rabbitmq");
    let expected = format!(
        "{}:invitation.accepted:muster.employment",
        fixture.broker.broker().exchange()
    );
    assert_eq!(attribute("messaging.destination.name"), expected);
    let mut sizes = process
        .attributes
        .iter()
        .filter(|attribute| attribute.key.as_str() == "messaging.message.body.size");
    assert!(matches!(sizes.next().unwrap().value, Value::I64(_)));
}
