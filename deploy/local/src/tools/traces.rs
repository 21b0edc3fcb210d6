//! The trace page: takes spans over OTLP/gRPC, keeps the latest, and shows each trace as a waterfall.

mod pages;
mod receive;
mod span;
mod store;
mod tree;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::TraceServiceServer;
use serde_json::{Value, json};
use tonic::codec::CompressionEncoding;
use tonic::transport::Server;

use self::receive::Receiver;
use self::store::{Edge, Store};
use crate::addresses::{Addresses, socket};
use crate::tools::serve_pages;
use crate::workspace::Workspace;

/// The largest batch of spans taken, in bytes.
const BATCH_LIMIT: usize = 16 * 1024 * 1024;

/// What the handlers share.
pub(crate) type Shared = Arc<Mutex<Store>>;

/// Serves until SIGTERM.
pub(crate) async fn serve(workspace: &Workspace, addresses: &Addresses) -> anyhow::Result<()> {
    let store: Shared = Arc::new(Mutex::new(Store::open(&workspace.at("traces"))?));
    let receiver = TraceServiceServer::new(Receiver(Arc::clone(&store)))
        // As every receiver of OTLP: collectors in front of it compress.
        .accept_compressed(CompressionEncoding::Gzip)
        .max_decoding_message_size(BATCH_LIMIT);
    let spans = Server::builder()
        .add_service(receiver)
        .serve(socket(&addresses.otlp).parse()?);
    let routes = Router::new()
        .route("/", get(pages::list))
        .route("/traces/{id}", get(pages::trace))
        .route("/api/traces/{id}", get(trace))
        .route("/api/edges", get(edges))
        .with_state(store);
    tokio::select! {
        ended = spans => ended.with_context(|| format!("cannot receive spans at {}", addresses.otlp)),
        ended = serve_pages(&addresses.traces, routes) => ended,
    }
}

/// One trace for programs: its spans by start, and the traces that link to it.
async fn trace(State(store): State<Shared>, Path(id): Path<String>) -> Result<Json<Value>, StatusCode> {
    let store = store.lock().unwrap_or_else(PoisonError::into_inner);
    let spans = store.trace(&id).ok_or(StatusCode::NOT_FOUND)?;
    let linked_from = store.linking_to(&id);
    Ok(Json(
        json!({ "trace_id": id, "spans": spans, "linked_from": linked_from }),
    ))
}

/// Which service was seen to reach which, and how, for programs: also in traces that are forgotten.
async fn edges(State(store): State<Shared>) -> Json<BTreeSet<Edge>> {
    Json(store.lock().unwrap_or_else(PoisonError::into_inner).edges())
}
