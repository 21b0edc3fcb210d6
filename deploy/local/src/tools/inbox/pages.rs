//! The inbox's pages.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::api::Wanted;
use super::mime::Message;
use super::store::Store;
use crate::html::{escape, page, with_links};

/// Messages on one page.
const PAGE: usize = 200;

/// The list, the newest first.
pub(super) async fn list(State(store): State<Arc<Store>>, Query(wanted): Query<Wanted>) -> Html<String> {
    let to = wanted.to.filter(|to| !to.trim().is_empty());
    let messages = store.list(to.as_deref(), PAGE);
    let mut body = format!(
        "<h1>Inbox <span class=\"muted\">{} messages</span></h1>\n\
         <form class=\"inline\"><input name=\"to\" placeholder=\"recipient\" aria-label=\"Recipient\" value=\"{}\">\
         <button>Show</button></form>\n\
         <table>\n<tr><th>To</th><th>Subject</th><th>Received</th></tr>\n",
        store.count(),
        escape(to.as_deref().unwrap_or_default()),
    );
    for message in &messages {
        let subject = if message.subject.is_empty() {
            "(no subject)"
        } else {
            &message.subject
        };
        let _ = writeln!(
            body,
            "<tr><td>{}</td><td><a href=\"/messages/{}\">{}</a></td><td class=\"muted\">{}</td></tr>",
            escape(&message.to.join(", ")),
            message.id,
            escape(subject),
            escape(&message.received),
        );
    }
    body.push_str("</table>\n");
    if messages.is_empty() {
        body.push_str("<p class=\"muted\">No message has come yet.</p>\n");
    } else if messages.len() == PAGE {
        let _ = writeln!(
            body,
            "<p class=\"muted\">The newest {PAGE}; look for a recipient to see others.</p>"
        );
    }
    page("Inbox", &body)
}

/// One message: text with links, HTML in a closed frame, headers.
pub(super) async fn message(State(store): State<Arc<Store>>, Path(id): Path<u64>) -> Response {
    let Some(raw) = store.read(id) else {
        return (
            StatusCode::NOT_FOUND,
            page("Not here", "<h1>There is no such message</h1>\n"),
        )
            .into_response();
    };
    let message = Message::parse(&raw);
    let mut body = format!(
        "<p><a href=\"/\">Inbox</a></p>\n<h1>{}</h1>\n<p>From {}<br>To {}<br><span class=\"muted\">{}</span></p>\n\
         <pre id=\"text\">{}</pre>\n",
        escape(&message.subject),
        escape(message.header("From")),
        escape(message.header("To")),
        escape(message.header("Date")),
        with_links(&message.text),
    );
    if !message.html.is_empty() {
        // Scripts, forms and remote addresses stay off: this is a stranger's page.
        let _ = writeln!(
            body,
            "<h2>As HTML</h2>\n<iframe sandbox srcdoc=\"{}\"></iframe>",
            escape(&message.html)
        );
    }
    body.push_str("<h2>Headers</h2>\n<table>\n");
    for (name, value) in &message.fields {
        let _ = writeln!(
            body,
            "<tr><th>{}</th><td><code>{}</code></td></tr>",
            escape(name),
            escape(value)
        );
    }
    body.push_str(
        "</table>
",
    );
    page(&message.subject, &body).into_response()
}
