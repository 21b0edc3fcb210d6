//! The inbox's pages, and what they show as JSON for programs.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::mime::Message;
use super::store::{Store, Summary, summary};
use crate::html::{escape, filter, links, missing, page, table, with_links};

/// Messages on one page.
const PAGE: usize = 200;

/// `?to=ADDRESS`; empty for every message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListFilter {
    pub(super) to: String,
}

/// The list, the newest first.
pub(super) async fn list(State(store): State<Arc<Store>>, Query(wanted): Query<ListFilter>) -> Html<String> {
    let messages = store.list(&wanted.to, PAGE);
    let remark = match messages.len() {
        0 => "No message here yet.",
        PAGE => "These are the newest; look for a recipient to see others.",
        _ => "",
    };
    let row = |message: &Summary| {
        let subject = Some(message.subject.as_str()).filter(|subject| !subject.is_empty());
        format!(
            "<td>{}</td><td><a href=\"/messages/{}\">{}</a></td><td class=\"muted\">{}</td>",
            escape(&message.to.join(", ")),
            message.id,
            escape(subject.unwrap_or("(no subject)")),
            escape(&message.received),
        )
    };
    let body = format!(
        "<h1>Inbox <span class=\"muted\">{} messages</span></h1>\n{}{}<p class=\"muted\">{remark}</p>\n",
        store.count(),
        filter(&[("to", "recipient", &wanted.to)]),
        table(&["To", "Subject", "Received"], messages.iter().map(row)),
    );
    page("Inbox", &body)
}

/// One message: text with links, HTML in a closed frame, headers.
pub(super) async fn message(State(store): State<Arc<Store>>, Path(id): Path<u64>) -> Response {
    let Some(raw) = store.read(id) else {
        return missing("There is no such message");
    };
    let message = Message::parse(&raw);
    // Scripts and forms stay off: this is a stranger's page. Its links open in a page of their own.
    let frame = match message.html.as_str() {
        "" => String::new(),
        html => format!(
            "<h2>As HTML</h2>\n<iframe sandbox=\"allow-popups allow-popups-to-escape-sandbox\" \
             srcdoc=\"{}\"></iframe>\n",
            escape(&format!("{html}<base target=\"_blank\">"))
        ),
    };
    let row = |(name, value): &(String, String)| {
        format!("<td>{}</td><td><code>{}</code></td>", escape(name), escape(value))
    };
    let body = format!(
        "<p><a href=\"/\">Inbox</a></p>\n<h1>{}</h1>\n<p>From {}<br>To {}<br><span class=\"muted\">{}</span></p>\n\
         <pre id=\"text\">{}</pre>\n{frame}<h2>Headers</h2>\n{}",
        escape(&message.subject),
        escape(message.header("From")),
        escape(message.header("To")),
        escape(message.header("Date")),
        with_links(&message.text),
        table(&["Name", "Value"], message.fields.iter().map(row)),
    );
    page(&message.subject, &body).into_response()
}

/// Summaries, the newest first, 1,000 at most.
pub(super) async fn list_json(
    State(store): State<Arc<Store>>,
    Query(wanted): Query<ListFilter>,
) -> Json<Vec<Summary>> {
    Json(store.list(&wanted.to, 1000))
}

/// One message: its summary, headers, text, HTML and the links of its text.
pub(super) async fn message_json(
    State(store): State<Arc<Store>>,
    Path(id): Path<u64>,
) -> Result<Json<Value>, StatusCode> {
    let raw = store.read(id).ok_or(StatusCode::NOT_FOUND)?;
    let message = Message::parse(&raw);
    let mut answer = json!(summary(id, &message));
    answer["headers"] = json!(message.fields);
    answer["links"] = json!(links(&message.text));
    answer["text"] = json!(message.text);
    answer["html"] = json!(message.html);
    Ok(Json(answer))
}
