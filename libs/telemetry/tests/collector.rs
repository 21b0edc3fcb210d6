//! Telemetry of a whole process, against a collector.

#![expect(
    clippy::unwrap_used,
    reason = "a test fails by panicking, also in its helpers"
)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use muster_telemetry::{Telemetry, TelemetryError, TelemetryOptions, propagation};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::trace::v1::Span;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};
use tracing::{Instrument, info_span};

#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<ExportTraceServiceRequest>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.lock().unwrap().push(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    fn span(&self, name: &str) -> Option<Span> {
        let exports = self.0.lock().unwrap();
        let scopes = exports
            .iter()
            .flat_map(|export| &export.resource_spans)
            .flat_map(|one| &one.scope_spans);
        scopes
            .flat_map(|scope| &scope.spans)
            .find(|span| span.name == name)
            .cloned()
    }

    fn resource(&self) -> Vec<String> {
        let exports = self.0.lock().unwrap();
        let resource = exports[0].resource_spans[0].resource.clone().unwrap();
        resource
            .attributes
            .into_iter()
            .map(|attribute| attribute.key)
            .collect()
    }
}

async fn collect() -> (Collector, String) {
    let collector = Collector::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let service = TraceServiceServer::new(collector.clone());
    let server = tonic::transport::Server::builder().add_service(service);
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    (collector, endpoint)
}

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const LINKED: &str = "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01";

/// One test: telemetry belongs to a process, not to a test.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_reach_the_collector_with_their_parent_and_links() {
    let (collector, endpoint) = collect().await;
    let mut options = TelemetryOptions::new("invitation", "1.2.3");
    // No logs at all: spans do not depend on the log filter.
    options.log_filter = "off".to_owned();
    options.otlp_endpoint = Some(endpoint);
    options.trace_ratio = 0.0;
    let telemetry = Telemetry::start(options).unwrap();
    let again = Telemetry::start(TelemetryOptions::new("invitation", "1.2.3"));
    assert!(matches!(again, Err(TelemetryError::StartedTwice)));

    let span = info_span!(
        "work",
        otel.name = "muster.invitation.v1.InvitationService/Accept"
    );
    propagation::set_parent(&span, propagation::context_of(PARENT));
    let traceparent = async {
        propagation::link_to(LINKED);
        propagation::current_traceparent()
    };
    let traceparent = traceparent.instrument(span).await.unwrap();
    assert!(traceparent.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-") && traceparent.ends_with("-01"));
    // Its own trace, and the ratio is zero: not recorded, but with ids to log and to pass on.
    let unsampled = async { propagation::current_traceparent() };
    let unsampled = unsampled.instrument(info_span!("unsampled")).await.unwrap();
    assert!(unsampled.ends_with("-00"), "{unsampled}");

    metrics::counter!("made_up_total").increment(3);
    assert!(telemetry.metrics().render().contains("made_up_total 3"));

    let stopping = Instant::now();
    telemetry.shutdown().await;
    assert!(stopping.elapsed() < Duration::from_secs(5));
    let span = collector
        .span("muster.invitation.v1.InvitationService/Accept")
        .unwrap();
    assert_eq!(span.trace_id[..2], [0x4b, 0xf9]);
    assert_eq!(span.parent_span_id[6..], [0x02, 0xb7]);
    assert_eq!(span.links[0].trace_id, [0xaa; 16]);
    assert_eq!(collector.span("unsampled"), None);
    let mut resource = collector.resource();
    resource.sort();
    assert_eq!(resource, ["service.name", "service.namespace", "service.version"]);
}
