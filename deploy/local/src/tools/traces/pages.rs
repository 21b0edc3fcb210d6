//! The list of traces, and the waterfall of one.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use time::OffsetDateTime;
use time::macros::format_description;

use super::span::Span;
use super::{Shared, tree};
use crate::html::{escape, filter, missing, page, table};

/// Traces on one page.
const PAGE: usize = 200;

/// Traces in which one span is of that service and has that in its name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListFilter {
    service: String,
    name: String,
}

/// The latest traces.
pub(super) async fn list(State(store): State<Shared>, Query(wanted): Query<ListFilter>) -> Html<String> {
    let matches = |span: &Span| {
        (wanted.service.is_empty() || span.service == wanted.service) && span.name.contains(&wanted.name)
    };
    let store = store.lock().unwrap_or_else(PoisonError::into_inner);
    let found = store.latest().filter(|spans| spans.iter().any(matches));
    let fields = [
        ("service", "service", wanted.service.as_str()),
        ("name", "part of a span’s name", &wanted.name),
    ];
    let heads = ["Begins with", "Services", "Spans", "Takes", "Time (UTC)"];
    let body = format!(
        "<h1>Traces</h1>\n{}{}<p class=\"muted\">The latest {PAGE} at most.</p>\n",
        filter(&fields),
        table(&heads, found.take(PAGE).filter_map(|spans| summary(spans))),
    );
    page("Traces", &body)
}

/// One line of the list.
fn summary(spans: &[Span]) -> Option<String> {
    let root = tree::root(spans)?;
    let (start, end) = tree::extent(spans);
    let services: BTreeSet<&str> = spans.iter().map(|span| span.service.as_str()).collect();
    let services: Vec<&str> = services.into_iter().collect();
    let failed = match spans.iter().filter(|span| span.error.is_some()).count() {
        0 => String::new(),
        errors => format!(" <span class=\"bad\">{errors} failed</span>"),
    };
    Some(format!(
        "<td><a href=\"/traces/{}\">{}</a> <span class=\"muted\">{}</span>{failed}</td><td>{}</td>\
         <td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number muted\">{}</td>",
        root.trace_id,
        escape(&root.name),
        escape(&root.service),
        escape(&services.join(", ")),
        spans.len(),
        took(end - start),
        clock_time(start),
    ))
}

/// One trace as a waterfall.
pub(super) async fn trace(State(store): State<Shared>, Path(id): Path<String>) -> Response {
    let store = store.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(spans) = store.trace(&id) else {
        return missing("This trace is not here: only the latest are kept");
    };
    let (start, end) = tree::extent(&spans);
    let title = tree::root(&spans).map_or("Trace", |root| root.name.as_str());
    let links = spans.iter().flat_map(|span| span.links.clone());
    let workspace = |(span, depth): (&Span, usize)| line(span, depth, start, (end - start).max(1));
    let body = format!(
        "<p><a href=\"/\">Traces</a></p>\n<h1>{}</h1>\n<p class=\"muted\">{} · {} spans · {} · <code>{}</code></p>\n{}{}{}",
        escape(title),
        clock_time(start),
        spans.len(),
        took(end - start),
        escape(&id),
        related("Links to", &links.filter(|other| *other != id).collect()),
        related("Linked from", &store.linking_to(&id)),
        table(
            &["Span", "Service", "", "Takes"],
            tree::rows(&spans).into_iter().map(workspace)
        ),
    );
    page(title, &body).into_response()
}

/// One span: its details, and its place in the time of the whole.
fn line(span: &Span, depth: usize, start: u64, whole: u64) -> String {
    let percent = |nanoseconds: u64| nanoseconds as f64 * 100.0 / whole as f64;
    let (mut failed, mut details) = ("", String::new());
    if let Some(error) = &span.error {
        failed = " failed";
        details = format!("<div class=\"bad\">{}</div>", escape(error));
    }
    for (name, value) in &span.attributes {
        details += &format!("<div><code>{}</code></div>", escape(&format!("{name} = {value}")));
    }
    format!(
        "<td id=\"{}\" style=\"padding-left:{:.1}rem\"><details><summary>{} <span class=\"muted\">{}</span></summary>{details}</details></td>\
         <td>{}</td><td><div class=\"track\"><div class=\"bar{failed}\" style=\"left:{:.2}%;width:{:.2}%\"></div></div></td>\
         <td class=\"number\">{}</td>",
        span.span_id,
        0.6 + depth as f64,
        escape(&span.name),
        span.kind,
        escape(&span.service),
        percent(span.start - start),
        percent(span.end - span.start),
        took(span.end - span.start),
    )
}

fn related(words: &str, traces: &BTreeSet<String>) -> String {
    if traces.is_empty() {
        return String::new();
    }
    let link = |id: &String| format!("<a href=\"/traces/{id}\"><code>{id}</code></a>");
    let links: Vec<String> = traces.iter().take(50).map(link).collect();
    format!("<p>{words} {}</p>\n", links.join(", "))
}

fn took(nanoseconds: u64) -> String {
    match nanoseconds {
        0..1_000_000 => format!("{} µs", nanoseconds / 1_000),
        1_000_000..1_000_000_000 => format!("{:.1} ms", nanoseconds as f64 / 1e6),
        _ => format!("{:.2} s", nanoseconds as f64 / 1e9),
    }
}

/// The time of day, UTC.
fn clock_time(nanoseconds: u64) -> String {
    let form = format_description!("[hour]:[minute]:[second].[subsecond digits:3]");
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(nanoseconds)).ok();
    time.and_then(|time| time.format(form).ok()).unwrap_or_default()
}
