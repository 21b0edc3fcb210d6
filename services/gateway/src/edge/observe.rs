//! One span, one access log line and one measurement a call, finished on Drop, so that none can be forgotten.
//!
//! Nothing of the message, of the token or of the caller is written down: which method, how it ended, how it was decided
//! and by which policies, how long it took.

use std::time::Instant;

use http::HeaderMap;
use muster_access::MethodRule;
use muster_telemetry::propagation;
use tonic::{Code, Status};
use tracing::field::Empty;
use tracing::{Span, info_span};

/// What unknown methods are counted as: a caller must not be able to fill the memory with names.
const OTHER: &str = "_OTHER";

/// What was decided about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// It came to none: no such method, overload.
    None,
    /// The caller may not, or is not believed.
    Refused,
    /// The caller may.
    Admitted,
}

/// What becomes of the trace that a caller names. Whoever may join a trace decides what is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traces {
    /// The call begins a trace of its own, recorded by our own share, with a link to theirs.
    Linked,
    /// The call joins it: on a developer's machine, where callers are our own tools.
    Joined,
}

/// A call while it runs.
pub(super) struct Observation {
    span: Span,
    method: &'static str,
    started: Instant,
    decision: Decision,
    policies: String,
    code: Option<Code>,
}

impl Observation {
    /// Begins: as part of the page that makes the call, or else with the trace that the headers name.
    pub(super) fn begin(rule: Option<&'static MethodRule>, headers: &HeaderMap, traces: Traces) -> Self {
        let from_page = !Span::current().is_none();
        let method = rule.map_or(OTHER, |rule| rule.path.trim_start_matches('/'));
        let span = info_span!(
            "rpc",
            otel.name = method,
            otel.kind = "server",
            otel.status_code = Empty,
            rpc.system.name = "grpc",
            rpc.method = method,
            rpc.response.status_code = Empty,
            muster.decision = Empty
        );
        match traces {
            _ if from_page => {}
            Traces::Linked => propagation::link(&span, &propagation::extract(headers)),
            Traces::Joined => propagation::set_parent(&span, propagation::extract(headers)),
        }
        metrics::gauge!("edge_active_calls", "method" => method).increment(1.0);
        let (decision, policies) = (Decision::None, String::new());
        Self {
            span,
            method,
            started: Instant::now(),
            decision,
            policies,
            code: None,
        }
    }

    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// What was decided; the last word counts.
    pub(super) fn decided(&mut self, decision: Decision) {
        self.decision = decision;
    }

    /// Which policies decided.
    pub(super) fn by_policies(&mut self, policies: String) {
        self.policies = policies;
    }

    /// The status in these headers or trailers, if there is one, is how the call ended.
    pub(super) fn answered(&mut self, headers: &HeaderMap) {
        if let Some(code) = headers.get(Status::GRPC_STATUS) {
            self.code = Some(Code::from_bytes(code.as_bytes()));
        }
    }
}

impl Decision {
    fn as_str(self) -> &'static str {
        match self {
            Decision::None => "none",
            Decision::Refused => "refused",
            Decision::Admitted => "admitted",
        }
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        // Dropped before its status was known: the client went away.
        let code = code_name(self.code.unwrap_or(Code::Cancelled));
        let decision = self.decision.as_str();
        let elapsed = self.started.elapsed();
        self.span.record("rpc.response.status_code", code);
        self.span.record("muster.decision", decision);
        if matches!(
            code,
            "UNKNOWN" | "DEADLINE_EXCEEDED" | "INTERNAL" | "UNAVAILABLE" | "DATA_LOSS"
        ) {
            self.span.record("otel.status_code", "ERROR");
        }
        metrics::gauge!("edge_active_calls", "method" => self.method).decrement(1.0);
        metrics::histogram!("edge_call_duration_seconds", "method" => self.method, "code" => code, "decision" => decision)
            .record(elapsed);
        let _entered = self.span.enter();
        tracing::info!(
            target: "muster_gateway::access",
            method = self.method,
            code,
            decision,
            policies = self.policies,
            duration_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
            "call"
        );
    }
}

/// The name of a code as in the gRPC specification.
fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
