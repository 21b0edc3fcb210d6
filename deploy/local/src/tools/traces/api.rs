//! Traces for tests and scripts, as JSON.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::edge::Edge;
use super::span::Span;
use super::{Shared, tree};

/// `?service=NAME&name=PART&limit=N`: traces in which one span is of that service and has that in its name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    pub(super) service: String,
    pub(super) name: String,
    limit: Option<usize>,
}

/// One line of the list.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    pub(super) trace_id: String,
    /// The span the trace began with.
    pub(super) name: String,
    pub(super) service: String,
    pub(super) services: BTreeSet<String>,
    pub(super) spans: usize,
    /// Nanoseconds since 1970.
    pub(super) start: u64,
    pub(super) duration_us: u64,
    pub(super) errors: usize,
}

impl Wanted {
    /// The latest traces that match.
    pub(super) fn find(&self, store: &Shared) -> Vec<Summary> {
        let store = store.lock().unwrap_or_else(PoisonError::into_inner);
        let matches = |span: &Span| {
            (self.service.is_empty() || span.service == self.service) && span.name.contains(&self.name)
        };
        let found = store.latest().filter(|spans| spans.iter().any(matches));
        found
            .take(self.limit.unwrap_or(200))
            .filter_map(|spans| summary(spans))
            .collect()
    }
}

fn summary(spans: &[Span]) -> Option<Summary> {
    let root = tree::root(spans)?;
    let (start, end) = tree::extent(spans);
    Some(Summary {
        trace_id: root.trace_id.clone(),
        name: root.name.clone(),
        service: root.service.clone(),
        services: spans.iter().map(|span| span.service.clone()).collect(),
        spans: spans.len(),
        start,
        duration_us: (end - start) / 1000,
        errors: spans.iter().filter(|span| span.error.is_some()).count(),
    })
}

/// The latest traces (200 unless `limit` says otherwise).
pub(super) async fn list(State(store): State<Shared>, Query(wanted): Query<Wanted>) -> Json<Vec<Summary>> {
    Json(wanted.find(&store))
}

/// One trace: its spans by start, and the traces that link to it.
pub(super) async fn trace(
    State(store): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<Value>, StatusCode> {
    let store = store.lock().unwrap_or_else(PoisonError::into_inner);
    let spans = store.trace(&id).ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(
        json!({ "trace_id": id, "spans": spans, "linked_from": store.linking_to(&id) }),
    ))
}

/// Which service was seen to call or to reach which.
pub(super) async fn edges(State(store): State<Shared>) -> Json<BTreeSet<Edge>> {
    Json(store.lock().unwrap_or_else(PoisonError::into_inner).edges())
}
