//! Traces, metrics and logs of one process.
//!
//! - [`Telemetry::start`] once, at the beginning of `main`, inside a runtime with at least two workers; everything
//!   else uses the `tracing` and `metrics` facades. [`Telemetry::shutdown`] last.
//! - [`propagation`] carries a trace across calls and messages (W3C Trace Context).
//!
//! Only traces leave the process by themselves (OTLP); metrics are fetched from [`Metrics::render`], logs are lines on
//! standard output. Nothing personal belongs into any of them.

mod access_log;
mod code;
mod format;
mod logs;
mod metrics_handle;
mod options;
pub mod propagation;
mod traces;

use std::time::Duration;

use opentelemetry_sdk::trace::SdkTracerProvider;
use thiserror::Error;

pub use access_log::{AccessLog, Line, PolicyDecision};
pub use code::code_name;
pub use logs::checked_filter;
pub use metrics_handle::Metrics;
pub use options::{LogFormat, TelemetryOptions};
pub use traces::RECORDED;

/// How long [`Telemetry::shutdown`] waits for the last spans to leave.
pub const FLUSH_LIMIT: Duration = Duration::from_secs(5);

/// The running telemetry of this process.
#[derive(Debug)]
pub struct Telemetry {
    traces: SdkTracerProvider,
    metrics: Metrics,
}

/// Why telemetry did not start.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// The log filter has a mistake.
    #[error("the log filter cannot be read")]
    Filter(#[source] tracing_subscriber::filter::ParseError),
    /// The OTLP endpoint cannot be used.
    #[error("the OTLP endpoint cannot be used")]
    Endpoint(#[source] opentelemetry_otlp::ExporterBuildError),
    /// Telemetry runs already in this process.
    #[error("telemetry was started twice")]
    StartedTwice,
}

impl Telemetry {
    /// Starts traces, metrics and logs for this process.
    ///
    /// # Errors
    /// See [`TelemetryError`].
    pub fn start(options: TelemetryOptions) -> Result<Self, TelemetryError> {
        let filter = logs::filter(&options.log_filter)?;
        let traces = traces::provider(&options)?;
        logs::install(&options, filter, &traces)?;
        let metrics = Metrics::install()?;
        Ok(Self { traces, metrics })
    }

    /// What Prometheus fetches.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.metrics.clone()
    }

    /// Sends the spans that wait, for at most [`FLUSH_LIMIT`].
    pub async fn shutdown(self) {
        // On a thread of its own: the exporter blocks while it needs the runtime's workers for its I/O.
        let flushing = tokio::task::spawn_blocking(move || self.traces.shutdown_with_timeout(FLUSH_LIMIT));
        match tokio::time::timeout(FLUSH_LIMIT, flushing).await {
            Ok(Ok(Ok(()))) => {}
            _ => tracing::warn!("the last spans may be lost: they were not taken in time"),
        }
    }
}
