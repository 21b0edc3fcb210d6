//! The OTLP receiver.

use std::sync::PoisonError;

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::TraceService;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use tonic::{Request, Response, Status};

use super::Shared;
use super::span::{Span, attributes};

/// Puts what is sent into the store.
pub(super) struct Receiver(pub(super) Shared);

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut spans = Vec::new();
        for sender in request.into_inner().resource_spans {
            let about = attributes(sender.resource.unwrap_or_default().attributes);
            let service = about.get("service.name").map_or("unknown", String::as_str);
            for scope in sender.scope_spans {
                let received = scope.spans.into_iter().map(|span| Span::received(service, span));
                spans.extend(received.filter(|span| !is_probe(span)));
            }
        }
        let added = self.0.lock().unwrap_or_else(PoisonError::into_inner).add(spans);
        added.map_err(|error| {
            eprintln!("traces: {error:#}");
            Status::unavailable("the spans could not be written")
        })?;
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// A question after somebody's health, which is asked every second: a method that no rule knows, answered, and in nobody's
/// trace. Together they would push out what people look for.
fn is_probe(span: &Span) -> bool {
    let code = span.attributes.get("rpc.response.status_code");
    span.name == "_OTHER" && span.parent_span_id.is_empty() && code.is_some_and(|code| code == "OK")
}
