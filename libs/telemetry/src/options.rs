//! What a process says about its telemetry.

use std::fmt;
use std::io::IsTerminal;
use std::str::FromStr;

use thiserror::Error;

/// Where telemetry goes.
#[derive(Clone, Debug)]
pub struct TelemetryOptions {
    /// The service's name, such as `invitation`: `service.name` in the namespace `muster`.
    pub service: &'static str,
    /// The service's version.
    pub version: &'static str,
    /// Where spans are sent by OTLP/gRPC, such as `http://collector:4317`. Without it, trace ids are still made,
    /// logged and passed on.
    pub otlp_endpoint: Option<String>,
    /// The share of traces that is recorded when a trace begins here, from 0 to 1. A caller's choice is kept.
    pub trace_ratio: f64,
    /// The form of log lines.
    pub log_format: LogFormat,
    /// Directives of `tracing_subscriber::EnvFilter`, such as `info,muster_database=debug`.
    pub log_filter: String,
}

impl TelemetryOptions {
    /// Logs of level `info` and up, 1 % of traces, sent nowhere.
    #[must_use]
    pub fn new(service: &'static str, version: &'static str) -> Self {
        Self {
            service,
            version,
            otlp_endpoint: None,
            trace_ratio: 0.01,
            log_format: LogFormat::Auto,
            log_filter: "info".to_owned(),
        }
    }
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Human,
}

impl LogFormat {
    pub(crate) fn is_json(self) -> bool {
        match self {
            Self::Auto => !std::io::stdout().is_terminal(),
            Self::Json => true,
            Self::Human => false,
        }
    }
}

/// The text is not a log format.
#[derive(Debug, Error)]
#[error("use auto, json or human")]
pub struct UnknownLogFormat;

impl FromStr for LogFormat {
    type Err = UnknownLogFormat;

    fn from_str(text: &str) -> Result<Self, UnknownLogFormat> {
        match text {
            "auto" => Ok(Self::Auto),
            "json" => Ok(Self::Json),
            "human" => Ok(Self::Human),
            _ => Err(UnknownLogFormat),
        }
    }
}

impl fmt::Display for LogFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Json => "json",
            Self::Human => "human",
        })
    }
}
