//! A trace as a tree: each span under its parent, in the order of time.

use std::collections::{HashMap, HashSet};

use super::span::Span;

/// A span and how deep it stands.
pub(super) struct Row<'s> {
    pub(super) span: &'s Span,
    pub(super) depth: usize,
}

/// Rows from top to bottom. A span whose parent has not arrived stands at the top.
pub(super) fn rows(spans: &[Span]) -> Vec<Row<'_>> {
    let known: HashSet<&str> = spans.iter().map(|span| span.span_id.as_str()).collect();
    let mut children: HashMap<&str, Vec<&Span>> = HashMap::new();
    let mut waiting: Vec<Row<'_>> = Vec::new();
    for span in spans {
        let parent = span.parent_span_id.as_str();
        if known.contains(parent) && parent != span.span_id {
            children.entry(parent).or_default().push(span);
        } else {
            waiting.push(Row { span, depth: 0 });
        }
    }
    waiting.reverse();
    let mut rows = Vec::with_capacity(spans.len());
    while let Some(row) = waiting.pop() {
        for child in children
            .remove(row.span.span_id.as_str())
            .unwrap_or_default()
            .into_iter()
            .rev()
        {
            waiting.push(Row {
                span: child,
                depth: row.depth + 1,
            });
        }
        rows.push(row);
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
