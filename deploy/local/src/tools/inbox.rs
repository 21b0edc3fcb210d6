//! The mail inbox: takes messages over SMTP (to any address but those below `.invalid`), sends none on, and shows them on a page.

mod mime;
mod mood;
mod pages;
mod smtp;
mod store;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use muster_clock::Clock;

use self::store::Store;
use crate::addresses::Addresses;
use crate::tools::{bind, serve_pages};
use crate::workspace::Workspace;

/// Serves until SIGTERM.
pub(crate) async fn serve(workspace: &Workspace, addresses: &Addresses) -> anyhow::Result<()> {
    let store = Arc::new(Store::open(&workspace.at("inbox"), Clock::system())?);
    let mail = bind(&addresses.smtp).await?;
    tokio::spawn(smtp::accept(mail, Arc::clone(&store)));
    let routes = Router::new()
        .route("/", get(pages::list))
        .route("/messages/{id}", get(pages::message))
        .route("/api/messages", get(pages::list_json))
        .route("/api/messages/{id}", get(pages::message_json))
        .with_state(store);
    serve_pages(&addresses.inbox, routes).await
}
