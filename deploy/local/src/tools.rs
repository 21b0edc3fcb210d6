//! The small servers a developer needs, each a process of its own (`muster-dev tool NAME`).

pub(crate) mod inbox;
pub(crate) mod issuer;
pub(crate) mod traces;

use std::process::ExitCode;

use anyhow::Context;
use axum::Router;
use axum::extract::Request;
use axum::http::header::{CONTENT_SECURITY_POLICY, HOST};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use clap::ValueEnum;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::addresses::{Addresses, socket};
use crate::workspace::Workspace;

/// One of them.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Tool {
    /// The OIDC provider.
    Issuer,
    /// The mail server and its page.
    Inbox,
    /// The receiver of spans and its page.
    Traces,
}

impl Tool {
    /// Serves until SIGTERM.
    pub(crate) async fn run(self, workspace: Workspace) -> anyhow::Result<ExitCode> {
        let addresses = Addresses::read(&workspace)?;
        match self {
            Self::Issuer => issuer::serve(&workspace, &addresses).await?,
            Self::Inbox => inbox::serve(&workspace, &addresses).await?,
            Self::Traces => traces::serve(&workspace, &addresses).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// No script, nothing from elsewhere, in nobody's frame; mails are strangers' pages.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; frame-ancestors 'none'",
);

/// Serves pages at `address` until SIGTERM; `/livez` tells that they are there.
pub(crate) async fn serve_pages(address: &str, pages: Router) -> anyhow::Result<()> {
    let listener = bind(socket(address)).await?;
    let pages = pages
        .route("/livez", get(|| async { "ok" }))
        .layer(from_fn(at_home));
    let mut terminated = signal(SignalKind::terminate())?;
    // No graceful shutdown: a browser that keeps its connection open would hold us up, and nothing is lost.
    tokio::select! {
        served = axum::serve(listener, pages) => served.context("the pages ended"),
        _ = terminated.recv() => Ok(()),
    }
}

/// Answers a browser of this machine. A page of somebody else's, whose name leads here (DNS rebinding), would read ours.
async fn at_home(request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let name = host.and_then(|host| host.split(':').next()).unwrap_or_default();
    if !["127.0.0.1", "localhost"].contains(&name) {
        return (StatusCode::MISDIRECTED_REQUEST, "ask for 127.0.0.1").into_response();
    }
    let mut response = next.run(request).await;
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
    response
}

/// Listens on `host:port`.
///
/// # Errors
/// The address is taken, or is none.
pub async fn bind(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))
}
