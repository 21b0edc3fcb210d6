//! The inbox's pages.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Response};

use super::api::Wanted;
use super::mime::Message;
use super::store::{Store, Summary};
use crate::html::{escape, filter, missing, page, table, with_links};

/// Messages on one page.
const PAGE: usize = 200;

/// The list, the newest first.
pub(super) async fn list(State(store): State<Arc<Store>>, Query(wanted): Query<Wanted>) -> Html<String> {
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
    // Scripts, forms and remote addresses stay off: this is a stranger's page.
    let frame = match message.html.as_str() {
        "" => String::new(),
        html => format!(
            "<h2>As HTML</h2>\n<iframe sandbox srcdoc=\"{}\"></iframe>\n",
            escape(html)
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
