//! One access log line and one measurement a call, and a span if it is recorded; finished on Drop, so that none can be
//! forgotten.
//!
//! Nothing of the message or of the token is written down, and of the caller only a tag: which method, how it ended, who
//! called, what policies were asked about them, how it was decided and by which, how long it took. Of the many calls that are not recorded only the ids of a trace are made:
//! a span costs more than everything else that the edge does for a caller whom it knows.

mod caller_tag;
mod meters;

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::HeaderMap;
use http::request::Parts;
use http_body::Frame;
use muster_access::{MethodRule, Rules};
use muster_refusal::{Refusal, name_trace};
use muster_telemetry::propagation::{self, TraceIds};
use muster_telemetry::{AccessLog, Line, PolicyDecision, code_name};
use tonic::{Code, Status};
use tracing::field::Empty;
use tracing::{Span, info_span};

pub(crate) use self::caller_tag::{CallerTag, CallerTags};
use self::meters::{Meter, Meters};
use crate::limits::ClientAddress;

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
pub(crate) enum TraceContext {
    /// The call begins a trace of its own, recorded by our own share, with a link to theirs.
    Linked,
    /// The call joins it: on a developer's machine, where callers are our own tools.
    Joined,
}

/// Observes calls.
pub(crate) struct Observer {
    trace_context: TraceContext,
    /// The share of traces that is recorded when one begins here, from 0 to 1.
    ratio: f64,
    log: AccessLog,
    meters: Meters,
}

/// A call while it runs.
pub(super) struct Observation {
    span: Span,
    ids: TraceIds,
    method: &'static str,
    meter: Arc<Meter>,
    log: AccessLog,
    started: Instant,
    client: ClientAddress,
    caller: Option<CallerTag>,
    decision: Decision,
    policies: Arc<str>,
    asked: Option<PolicyDecision>,
    code: Option<Code>,
}

impl Observer {
    /// Observes calls of the methods of these rules.
    #[must_use]
    pub(crate) fn new(
        rules: &'static Rules,
        trace_context: TraceContext,
        ratio: f64,
        log: AccessLog,
    ) -> Self {
        Self {
            trace_context,
            ratio,
            log,
            meters: Meters::new(rules),
        }
    }

    /// Where its lines go.
    pub(crate) fn access_log(&self) -> AccessLog {
        self.log.clone()
    }

    /// Begins: as part of the page that makes the call, or else with the trace that the headers name.
    pub(super) fn begin(&self, rule: Option<&'static MethodRule>, head: &Parts) -> Observation {
        let method = rule.map_or(OTHER, |rule| rule.path.trim_start_matches('/'));
        let span = self.span(method, &head.headers);
        let meter = self.meters.of(rule);
        meter.active.increment(1.0);
        Observation {
            ids: TraceIds::of(&span).unwrap_or_else(TraceIds::unrecorded),
            span,
            method,
            meter,
            log: self.log.clone(),
            started: Instant::now(),
            client: ClientAddress::of(&head.extensions),
            caller: None,
            decision: Decision::None,
            policies: Arc::default(),
            asked: None,
            code: None,
        }
    }

    /// A span for a page's call, for a call that joins a trace, and for our share of all others.
    fn span(&self, method: &'static str, headers: &HeaderMap) -> Span {
        let joins = self.trace_context == TraceContext::Joined && propagation::names_trace(headers);
        if !Span::current().is_none() {
            span(method)
        } else if joins {
            let span = span(method);
            propagation::set_parent(&span, propagation::extract(headers));
            span
        } else if rand::random::<f64>() < self.ratio {
            let span = root(method);
            propagation::link(&span, &propagation::extract(headers));
            span
        } else {
            Span::none()
        }
    }
}

fn span(method: &'static str) -> Span {
    info_span!(
        "rpc",
        otel.name = method,
        otel.kind = "server",
        otel.status_code = Empty,
        rpc.system.name = "grpc",
        rpc.method = method,
        rpc.response.status_code = Empty,
        muster.decision = Empty
    )
}

/// The same, as the root of a trace that is recorded.
fn root(method: &'static str) -> Span {
    info_span!(
        "rpc",
        otel.name = method,
        otel.kind = "server",
        otel.status_code = Empty,
        rpc.system.name = "grpc",
        rpc.method = method,
        rpc.response.status_code = Empty,
        muster.decision = Empty,
        // `muster_telemetry::RECORDED`; the macro takes no constant for a name.
        muster.recorded = true
    )
}

impl Observation {
    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// The trace, for the service that is called.
    pub(super) fn ids(&self) -> TraceIds {
        self.ids
    }

    /// Who calls, as soon as that is known.
    pub(super) fn called_by(&mut self, caller: Option<CallerTag>) {
        self.caller = caller;
    }

    /// What was decided; the last word counts.
    pub(super) fn decided(&mut self, decision: Decision) {
        self.decision = decision;
    }

    /// Which policies decided.
    pub(super) fn by_policies(&mut self, policies: Arc<str>) {
        self.policies = policies;
    }

    /// What they were asked, and what they said.
    pub(super) fn asked(&mut self, asked: Option<PolicyDecision>) {
        self.asked = asked;
    }

    pub(super) fn policies(&self) -> Arc<str> {
        Arc::clone(&self.policies)
    }

    /// Trailers of the edge's own, when the service's will not come: the call ends with this refusal.
    pub(super) fn refusal(&mut self, refusal: Refusal) -> Frame<Bytes> {
        let mut trailers = HeaderMap::new();
        // Text and details of a refusal are always valid header values.
        let _ = Status::from(refusal).add_header(&mut trailers);
        self.refused(&mut trailers);
        Frame::trailers(trailers)
    }

    /// The edge ended the call itself, with the status in these headers or trailers. Of what broke here, the caller is told the
    /// trace.
    pub(super) fn refused(&mut self, headers: &mut HeaderMap) {
        name_trace(headers, || Some(self.ids.trace_id().to_string()));
        self.answered(headers);
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
        let status = self.code.unwrap_or(Code::Cancelled);
        let (code, decision) = (code_name(status), self.decision.as_str());
        let duration = self.started.elapsed();
        if !self.span.is_disabled() {
            self.span.record("rpc.response.status_code", code);
            self.span.record("muster.decision", decision);
            if matches!(
                code,
                "UNKNOWN" | "DEADLINE_EXCEEDED" | "INTERNAL" | "UNAVAILABLE" | "DATA_LOSS"
            ) {
                self.span.record("otel.status_code", "ERROR");
            }
        }
        self.meter.active.decrement(1.0);
        self.meter.ended(status, self.decision).record(duration);
        let network = self.caller.is_none().then(|| self.client.network());
        let caller = self.caller.as_deref().or(network.as_deref());
        self.log.write(Line {
            method: self.method,
            code,
            caller: caller.unwrap_or_default(),
            decision,
            policies: &self.policies,
            asked: self.asked,
            duration,
            trace: self.ids,
        });
    }
}

#[cfg(test)]
mod tests {
    use muster_refusal::trace_of;
    use muster_telemetry::TelemetryOptions;

    use super::*;

    #[test]
    fn a_failure_of_the_edge_names_the_trace_that_its_line_names() {
        let rules = Rules::load(muster_proto::pool()).unwrap();
        let quiet = TelemetryOptions {
            log_filter: "off".to_owned(),
            ..TelemetryOptions::new("gateway", "0")
        };
        let log = AccessLog::start(&quiet);
        let observer = Observer::new(Box::leak(Box::new(rules)), TraceContext::Linked, 0.0, log);
        let told = |refusal: Refusal| {
            let mut observation = observer.begin(None, &http::Request::new(()).into_parts().0);
            let mut headers = HeaderMap::new();
            Status::from(refusal).add_header(&mut headers).unwrap();
            observation.refused(&mut headers);
            let line = observation.ids().trace_id().to_string();
            (trace_of(&Status::from_header_map(&headers).unwrap()), line)
        };
        let (named, line) = told(Refusal::internal());
        assert_eq!(named, Some(line));
        assert_eq!(told(Refusal::not_found()).0, None);
    }
}
