//! The inbox for tests and scripts, as JSON.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::mime::Message;
use super::store::{Store, Summary, summary};
use crate::html::links;

/// `?to=ADDRESS`; empty for every message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    pub(super) to: String,
}

/// Summaries, the newest first, 1,000 at most.
pub(super) async fn list(
    State(store): State<Arc<Store>>,
    Query(wanted): Query<Wanted>,
) -> Json<Vec<Summary>> {
    Json(store.list(&wanted.to, 1000))
}

/// One message: its summary, headers, text, HTML and the links of its text.
pub(super) async fn message(
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
