//! Which service reaches which.

use std::collections::HashMap;

use serde::Serialize;

use super::span::Span;

/// A call or a message from one service to another, seen in a trace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Edge {
    pub(crate) from: String,
    pub(crate) to: String,
    /// The kind of the span in `to`: `server` for a call, `consumer` for a message.
    pub(crate) kind: String,
}

/// Parent in one service, child in another: by the span itself, or by the service its message came from.
pub(super) fn edges_of(spans: &[Span]) -> Vec<Edge> {
    let service: HashMap<&str, &str> = spans
        .iter()
        .map(|span| (span.span_id.as_str(), span.service.as_str()))
        .collect();
    let edge = |span: &Span| {
        let from = *service.get(span.parent_span_id.as_str())?;
        let crossing = from != span.service;
        crossing.then(|| Edge {
            from: from.to_owned(),
            to: span.service.clone(),
            kind: span.kind.clone(),
        })
    };
    spans.iter().filter_map(edge).collect()
}
