//! One trace runs from the call that wrote the fact to the work of its consumers.

use std::sync::{Arc, Mutex};

use muster_testkit::eventually;
use opentelemetry::trace::{SpanKind, TracerProvider};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tracing::Instrument;
use tracing_subscriber::layer::SubscriberExt;

use crate::world::{Recorder, World, fresh};

#[derive(Debug, Clone, Default)]
struct Collected(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Collected {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

impl Collected {
    fn named(&self, start: &str) -> Option<SpanData> {
        self.0
            .lock()
            .unwrap()
            .iter()
            .find(|span| span.name.starts_with(start))
            .cloned()
    }
}

/// On one thread, so that the thread's subscriber sees all of it.
#[tokio::test(flavor = "current_thread")]
async fn one_trace_runs_from_the_fact_to_its_consumer() {
    let collected = Collected::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(collected.clone())
        .build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));

    let world = World::new().await;
    let _relay = world.relay(world.broker.broker());
    let _consumer = world.consumer(world.broker.as_service("employment"), Recorder::new());
    let aggregate = fresh();
    world
        .publish(aggregate, 1)
        .instrument(tracing::info_span!("the call"))
        .await;
    eventually(async || collected.named("ack").is_some()).await;

    let call = collected.named("the call").unwrap();
    let publish = collected.named("publish ").unwrap();
    let process = collected.named("process ").unwrap();
    let ack = collected.named("ack").unwrap();
    let trace = call.span_context.trace_id();
    for span in [&publish, &process, &ack] {
        assert_eq!(span.span_context.trace_id(), trace, "{}", span.name);
    }
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
        world.broker.broker().exchange()
    );
    assert_eq!(attribute("messaging.destination.name"), expected);
}
