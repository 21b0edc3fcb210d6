//! The list of traces, and the waterfall of one.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::PoisonError;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use time::OffsetDateTime;
use time::macros::format_description;

use super::api::Wanted;
use super::span::Span;
use super::{Shared, tree};
use crate::html::{escape, page};

/// The latest traces.
pub(super) async fn list(State(store): State<Shared>, Query(wanted): Query<Wanted>) -> Html<String> {
    let traces = wanted.find(&store);
    let mut body = format!(
        "<h1>Traces</h1>\n<form class=\"inline\">\
         <input name=\"service\" placeholder=\"service\" aria-label=\"Service\" value=\"{}\">\
         <input name=\"name\" placeholder=\"part of a span’s name\" aria-label=\"Name\" value=\"{}\">\
         <button>Show</button></form>\n<table>\n\
         <tr><th>Begins with</th><th>Services</th><th>Spans</th><th>Takes</th><th>Time</th></tr>\n",
        escape(&wanted.service),
        escape(&wanted.name),
    );
    for trace in &traces {
        let services = trace
            .services
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ");
        let failed = if trace.errors > 0 {
            format!(" <span class=\"bad\">{} failed</span>", trace.errors)
        } else {
            String::new()
        };
        let _ = writeln!(
            body,
            "<tr><td><a href=\"/traces/{}\">{}</a> <span class=\"muted\">{}</span>{failed}</td><td>{}</td>\
             <td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number muted\">{}</td></tr>",
            trace.trace_id,
            escape(&trace.name),
            escape(&trace.service),
            escape(&services),
            trace.spans,
            took(trace.duration_us),
            clock_time(trace.start),
        );
    }
    body.push_str("</table>\n");
    if traces.is_empty() {
        body.push_str("<p class=\"muted\">No trace has come yet.</p>\n");
    }
    page("Traces", &body)
}

/// One trace as a waterfall.
pub(super) async fn trace(State(store): State<Shared>, Path(id): Path<String>) -> Response {
    let store = store.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(spans) = store.trace(&id) else {
        let sorry = "<h1>This trace is not here</h1>\n<p>Only the latest are kept.</p>\n";
        return (StatusCode::NOT_FOUND, page("Not here", sorry)).into_response();
    };
    let linking = store.linking_to(&id);
    drop(store);
    let (start, end) = tree::extent(&spans);
    let title = tree::root(&spans).map_or("Trace", |root| root.name.as_str());
    let mut body = format!(
        "<p><a href=\"/\">Traces</a></p>\n<h1>{}</h1>\n<p class=\"muted\">{} · {} spans · {} · <code>{id}</code></p>\n",
        escape(title),
        clock_time(start),
        spans.len(),
        took((end - start) / 1000),
    );
    let linked = spans
        .iter()
        .flat_map(|span| &span.links)
        .map(|link| link.trace_id.clone());
    body.push_str(&related(
        "Links to",
        &linked.filter(|other| *other != id).collect(),
    ));
    body.push_str(&related("Linked from", &linking));
    body.push_str("<table>\n<tr><th>Span</th><th>Service</th><th></th><th>Takes</th></tr>\n");
    for row in tree::rows(&spans) {
        body.push_str(&line(row.span, row.depth, start, (end - start).max(1)));
    }
    page(title, &(body + "</table>\n")).into_response()
}

fn line(span: &Span, depth: usize, start: u64, whole: u64) -> String {
    let percent = |nanoseconds: u64| nanoseconds as f64 * 100.0 / whole as f64;
    let failed = if span.error.is_some() { " failed" } else { "" };
    let mut details = String::new();
    if let Some(error) = &span.error {
        let _ = write!(details, "<div class=\"bad\">{}</div>", escape(error));
    }
    for (name, value) in &span.attributes {
        let _ = write!(
            details,
            "<div><code>{} = {}</code></div>",
            escape(name),
            escape(value)
        );
    }
    format!(
        "<tr><td style=\"padding-left:{:.1}rem\"><details><summary>{} <span class=\"muted\">{}</span></summary>{details}</details></td>\
         <td>{}</td><td><div class=\"track\"><div class=\"bar{failed}\" style=\"left:{:.2}%;width:{:.2}%\"></div></div></td>\
         <td class=\"number\">{}</td></tr>\n",
        0.6 + depth as f64,
        escape(&span.name),
        span.kind,
        escape(&span.service),
        percent(span.start - start),
        percent(span.end - span.start),
        took(span.duration_us()),
    )
}

fn related(words: &str, traces: &BTreeSet<String>) -> String {
    if traces.is_empty() {
        return String::new();
    }
    let links: Vec<String> = traces
        .iter()
        .take(50)
        .map(|id| format!("<a href=\"/traces/{id}\"><code>{id}</code></a>"))
        .collect();
    format!("<p>{words} {}</p>\n", links.join(", "))
}

fn took(microseconds: u64) -> String {
    match microseconds {
        0..1_000 => format!("{microseconds} µs"),
        1_000..1_000_000 => format!("{:.1} ms", microseconds as f64 / 1e3),
        _ => format!("{:.2} s", microseconds as f64 / 1e6),
    }
}

/// The time of day, UTC.
fn clock_time(nanoseconds: u64) -> String {
    let form = format_description!("[hour]:[minute]:[second].[subsecond digits:3]");
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(nanoseconds));
    time.ok()
        .and_then(|time| time.format(form).ok())
        .unwrap_or_default()
}
