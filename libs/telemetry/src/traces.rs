//! Spans: how many are recorded and where they go.

use std::time::Duration;

use opentelemetry::trace::{Link, SpanKind, TraceId};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SamplingResult, SdkTracerProvider, ShouldSample,
};

use crate::{TelemetryError, TelemetryOptions};

/// Spans that may wait while the collector is away; the next ones are dropped. Room for all of them is taken at once, 360 bytes
/// each.
const QUEUE: usize = 4 * 1024;
const BATCH: usize = 512;
const DELAY: Duration = Duration::from_millis(500);
const EXPORT_LIMIT: Duration = Duration::from_secs(3);

/// An attribute of root spans that are recorded in any case: whoever makes them has drawn lots already, so that calls
/// which are not recorded need no span at all.
pub const RECORDED: &str = "muster.recorded";

/// Which traces that begin here are recorded.
#[derive(Clone, Debug)]
struct Roots {
    share: Sampler,
}

impl ShouldSample for Roots {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let recorded = attributes.iter().any(|it| it.key.as_str() == RECORDED);
        let sampler = if recorded { &Sampler::AlwaysOn } else { &self.share };
        sampler.should_sample(parent, trace, name, kind, attributes, links)
    }
}

pub(crate) fn provider(options: &TelemetryOptions) -> Result<SdkTracerProvider, TelemetryError> {
    let resource = Resource::builder_empty()
        .with_attributes([
            KeyValue::new("service.namespace", "muster"),
            KeyValue::new("service.name", options.service),
            KeyValue::new("service.version", options.version),
        ])
        .build();
    let roots = Roots {
        share: Sampler::TraceIdRatioBased(options.trace_ratio),
    };
    let mut provider = SdkTracerProvider::builder()
        .with_resource(resource)
        .with_sampler(Sampler::ParentBased(Box::new(roots)));
    if let Some(endpoint) = &options.otlp_endpoint {
        provider = provider.with_span_processor(exporting(endpoint)?);
    }
    Ok(provider.build())
}

fn exporting(endpoint: &str) -> Result<BatchSpanProcessor, TelemetryError> {
    let exporter = SpanExporter::builder()
        .with_tonic()
        .with_endpoint(endpoint)
        .with_timeout(EXPORT_LIMIT)
        .build()
        .map_err(TelemetryError::Endpoint)?;
    let batches = BatchConfigBuilder::default()
        .with_max_queue_size(QUEUE)
        .with_max_export_batch_size(BATCH)
        .with_scheduled_delay(DELAY)
        .build();
    Ok(BatchSpanProcessor::builder(exporter)
        .with_batch_config(batches)
        .build())
}
