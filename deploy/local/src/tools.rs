//! The small servers a developer needs, each a process of its own (`muster-dev tool NAME`).

pub(crate) mod inbox;
pub(crate) mod issuer;
pub(crate) mod traces;

use std::process::ExitCode;

use anyhow::Context;
use axum::Router;
use axum::routing::get;
use clap::ValueEnum;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::addresses::{Addresses, socket};
use crate::bench::echo;
use crate::place::Place;

/// One of them.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Tool {
    /// The OIDC provider.
    Issuer,
    /// The mail server and its page.
    Inbox,
    /// The receiver of spans and its page.
    Traces,
    /// The yardstick of `bench`: a gRPC server that does nothing.
    Echo,
}

impl Tool {
    /// Serves until SIGTERM.
    pub(crate) async fn run(self, place: Place) -> anyhow::Result<ExitCode> {
        let addresses = Addresses::read(&place)?;
        match self {
            Self::Issuer => issuer::serve(&place, &addresses).await?,
            Self::Inbox => inbox::serve(&place, &addresses).await?,
            Self::Traces => traces::serve(&place, &addresses).await?,
            Self::Echo => echo::serve(&place).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Serves pages at `address` until SIGTERM; `/livez` tells that they are there.
pub(crate) async fn serve_pages(address: &str, pages: Router) -> anyhow::Result<()> {
    let listener = bind(socket(address)).await?;
    let pages = pages.route("/livez", get(|| async { "ok" }));
    let mut terminated = signal(SignalKind::terminate())?;
    // No graceful shutdown: a browser that keeps its connection open would hold us up, and nothing is lost.
    tokio::select! {
        served = axum::serve(listener, pages) => served.context("the pages ended"),
        _ = terminated.recv() => Ok(()),
    }
}

/// Listens on `host:port`.
pub(crate) async fn bind(address: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))
}
