//! The trace page: takes spans over OTLP/gRPC, keeps the latest, and shows each trace as a waterfall.

mod api;
mod edge;
mod pages;
mod receive;
mod span;
mod store;
mod tree;

use std::sync::{Arc, Mutex};

use anyhow::Context;
use axum::Router;
use axum::routing::get;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::TraceServiceServer;
use tonic::transport::Server;

use self::receive::Receiver;
use self::store::Store;
use crate::addresses::{Addresses, socket};
use crate::place::Place;
use crate::tools::serve_pages;

/// The largest batch of spans taken, in bytes.
const BATCH_LIMIT: usize = 16 * 1024 * 1024;

/// What the handlers share.
pub(crate) type Shared = Arc<Mutex<Store>>;

/// Serves until SIGTERM.
pub(crate) async fn serve(place: &Place, addresses: &Addresses) -> anyhow::Result<()> {
    let store: Shared = Arc::new(Mutex::new(Store::open(&place.at("traces"))?));
    let receiver =
        TraceServiceServer::new(Receiver::new(Arc::clone(&store))).max_decoding_message_size(BATCH_LIMIT);
    let spans = Server::builder()
        .add_service(receiver)
        .serve(socket(&addresses.otlp).parse()?);
    let routes = Router::new()
        .route("/", get(pages::list))
        .route("/traces/{id}", get(pages::trace))
        .route("/api/traces", get(api::list))
        .route("/api/traces/{id}", get(api::trace))
        .route("/api/edges", get(api::edges))
        .with_state(store);
    tokio::select! {
        ended = spans => ended.with_context(|| format!("cannot receive spans at {}", addresses.otlp)),
        ended = serve_pages(&addresses.traces, routes) => ended,
    }
}
