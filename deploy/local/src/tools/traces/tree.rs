//! A trace as a tree: each span under its parent, in the order of time.

use std::collections::{HashMap, HashSet};

use super::span::Span;

/// Spans from top to bottom, and how deep each stands. One whose parent has not arrived stands at the top.
pub(super) fn rows(spans: &[Span]) -> Vec<(&Span, usize)> {
    let known: HashSet<&str> = spans.iter().map(|span| span.span_id.as_str()).collect();
    let mut children: HashMap<&str, Vec<&Span>> = HashMap::new();
    let mut waiting: Vec<(&Span, usize)> = Vec::new();
    for span in spans.iter().rev() {
        let parent = span.parent_span_id.as_str();
        if known.contains(parent) && parent != span.span_id {
            children.entry(parent).or_default().push(span);
        } else {
            waiting.push((span, 0));
        }
    }
    let mut rows = Vec::with_capacity(spans.len());
    while let Some((span, depth)) = waiting.pop() {
        let below = children.remove(span.span_id.as_str()).unwrap_or_default();
        waiting.extend(below.into_iter().map(|child| (child, depth + 1)));
        rows.push((span, depth));
    }
    rows
}

/// The whole time of a trace: start and end in nanoseconds.
pub(super) fn extent(spans: &[Span]) -> (u64, u64) {
    let start = spans.iter().map(|span| span.start).min().unwrap_or_default();
    let end = spans.iter().map(|span| span.end).max().unwrap_or_default();
    (start, end)
}

/// The span that a trace is called after.
pub(super) fn root(spans: &[Span]) -> Option<&Span> {
    spans
        .iter()
        .min_by_key(|span| (!span.parent_span_id.is_empty(), span.start))
}
