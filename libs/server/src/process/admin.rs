//! The listener for operators: `/livez`, `/readyz`, `/metrics`. Never reachable from outside the cluster.

use std::net::SocketAddr;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::get;
use muster_telemetry::Metrics;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::Health;

/// What the listener tells.
#[derive(Clone)]
pub struct Admin {
    health: Health,
    metrics: Option<Metrics>,
    gauges: std::sync::Arc<dyn Fn() + Send + Sync>,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admin")
            .field("health", &self.health)
            .finish_non_exhaustive()
    }
}

impl Admin {
    /// Tells of this health, and of these metrics.
    #[must_use]
    pub fn new(health: Health, metrics: Option<Metrics>) -> Self {
        Self {
            health,
            metrics,
            gauges: std::sync::Arc::new(|| ()),
        }
    }

    /// The same; `gauges` is called before metrics are fetched, to set what is only known by looking.
    #[must_use]
    pub fn with_gauges(self, gauges: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            gauges: std::sync::Arc::new(gauges),
            ..self
        }
    }

    /// Answers on `listener` until `shutdown`.
    ///
    /// # Errors
    /// When the listener breaks.
    pub async fn serve(self, listener: TcpListener, shutdown: CancellationToken) -> std::io::Result<()> {
        let readiness = self.health.clone();
        let router = Router::new()
            .route("/livez", get(|| async { "alive\n" }))
            .route("/readyz", get(move || async move { ready(&readiness) }))
            .route("/metrics", get(move || async move { self.render() }));
        axum::serve(listener, router)
            .with_graceful_shutdown(shutdown.cancelled_owned())
            .await
    }

    fn render(&self) -> ([(header::HeaderName, &'static str); 1], String) {
        (self.gauges)();
        let text = self.metrics.as_ref().map(Metrics::render).unwrap_or_default();
        (
            [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
            text,
        )
    }
}

fn ready(health: &Health) -> (StatusCode, String) {
    let (status, mut text) = if health.is_ready() {
        (StatusCode::OK, "ready\n".to_owned())
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n".to_owned())
    };
    for name in health.away() {
        text.push_str(&format!("away: {name}\n"));
    }
    for (part, problem) in health.problems() {
        text.push_str(&format!("problem: {part}: {problem}\n"));
    }
    (status, text)
}

/// Binds a listener; the error names the address.
///
/// # Errors
/// When the address is taken or not ours.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .map_err(|error| anyhow::anyhow!("cannot listen on {address}: {error}"))
}
