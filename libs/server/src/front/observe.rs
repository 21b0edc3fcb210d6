//! One span and one measurement a call, on either side of it; both are finished on Drop, so neither can be forgotten.

use std::time::Instant;

use http::HeaderMap;
use muster_access::MethodRule;
use muster_refusal::name_trace;
use muster_telemetry::code_name;
use muster_telemetry::propagation::{self, TraceIds};
use tonic::{Code, Status};
use tracing::field::Empty;
use tracing::{Span, info_span};

/// What unknown methods are counted as: a caller must not be able to fill the memory with names.
const OTHER: &str = "_OTHER";

/// The side of a call that is observed.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    Server,
    Client,
}

/// A call while it runs.
pub(crate) struct Observation {
    side: Side,
    span: Span,
    method: &'static str,
    started: Instant,
    pub(super) code: Option<Code>,
}

impl Observation {
    /// Begins to observe a call; on the server's side as a child of the span that its headers name.
    pub(crate) fn begin(side: Side, rule: Option<&'static MethodRule>, headers: &HeaderMap) -> Self {
        let method = rule.map_or(OTHER, |rule| rule.path.trim_start_matches('/'));
        let span = match side {
            Side::Server => info_span!(
                "rpc",
                otel.name = method,
                otel.kind = "server",
                otel.status_code = Empty,
                rpc.system.name = "grpc",
                rpc.method = method,
                rpc.response.status_code = Empty
            ),
            Side::Client => info_span!(
                "rpc",
                otel.name = method,
                otel.kind = "client",
                otel.status_code = Empty,
                rpc.system.name = "grpc",
                rpc.method = method,
                rpc.response.status_code = Empty,
                rpc.request.resend_count = Empty
            ),
        };
        if matches!(side, Side::Server) {
            propagation::set_parent(&span, propagation::extract(headers));
        }
        metrics::gauge!(side.active(), "method" => method).increment(1.0);
        Self {
            side,
            span,
            method,
            started: Instant::now(),
            code: None,
        }
    }

    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// The call ended without headers, or its answer broke off.
    pub(crate) fn ended(&mut self, code: Code) {
        self.code = Some(code);
    }

    /// The status in these headers or trailers, if there is one, is how the call ended. Of what broke here, the other side
    /// is told the trace.
    pub(crate) fn ended_with(&mut self, headers: &mut HeaderMap) {
        if let Some(code) = headers.get(Status::GRPC_STATUS) {
            self.code = Some(Code::from_bytes(code.as_bytes()));
        }
        if matches!(self.side, Side::Server) {
            name_trace(headers, || Some(TraceIds::of(&self.span)?.trace_id().to_string()));
        }
    }
}

impl Side {
    fn active(self) -> &'static str {
        match self {
            Self::Server => "rpc_server_active_calls",
            Self::Client => "rpc_client_active_calls",
        }
    }

    fn duration(self) -> &'static str {
        match self {
            Self::Server => "rpc_server_call_duration_seconds",
            Self::Client => "rpc_client_call_duration_seconds",
        }
    }

    /// Which codes are this side's failure (OpenTelemetry semantic conventions for gRPC).
    fn is_failure(self, code: Code) -> bool {
        match self {
            Self::Client => code != Code::Ok,
            Self::Server => matches!(
                code,
                Code::Unknown
                    | Code::DeadlineExceeded
                    | Code::Unimplemented
                    | Code::Internal
                    | Code::Unavailable
                    | Code::DataLoss
            ),
        }
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        // Dropped before its status was known: the other side went away.
        let code = self.code.unwrap_or(Code::Cancelled);
        let name = code_name(code);
        self.span.record("rpc.response.status_code", name);
        if self.side.is_failure(code) {
            self.span.record("otel.status_code", "ERROR");
        }
        metrics::gauge!(self.side.active(), "method" => self.method).decrement(1.0);
        metrics::histogram!(self.side.duration(), "method" => self.method, "code" => name)
            .record(self.started.elapsed());
    }
}
