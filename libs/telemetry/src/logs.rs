//! The subscriber: log lines to standard output, spans to the tracer.

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, dynamic_filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::format::{self, Lines};
use crate::{TelemetryError, TelemetryOptions};

/// Libraries below ours. Sending a span makes them log and trace, which would make spans again.
const SILENT: [&str; 9] = [
    "h2",
    "hyper",
    "hyper_util",
    "tonic",
    "tower",
    "reqwest",
    "rustls",
    "opentelemetry",
    "lapin",
];

/// The broker's driver calls every connection that ends an error, several times; muster-messaging says once what matters.
const BROKER_DRIVER: &str = "lapin";

pub(crate) fn filter(directives: &str) -> Result<EnvFilter, TelemetryError> {
    let said: Vec<&str> = directives.split(',').map(target_of).collect();
    let silenced = SILENT.iter().filter(|target| !said.contains(target));
    let silenced: String = silenced
        .map(|target| {
            format!(
                ",{target}={}",
                if *target == BROKER_DRIVER { "off" } else { "error" }
            )
        })
        .collect();
    // What the user says about a library himself still counts.
    EnvFilter::try_new(format!("{directives}{silenced}")).map_err(TelemetryError::Filter)
}

/// The crate that a directive such as `h2::client[span]=debug` is about.
fn target_of(directive: &str) -> &str {
    let end = directive.find(['=', '[', ':']).unwrap_or(directive.len());
    directive[..end].trim()
}

/// The text, if it can be used as [`TelemetryOptions::log_filter`]: so that a mistake is told with all others.
///
/// # Errors
/// [`TelemetryError::Filter`].
pub fn checked_filter(directives: &str) -> Result<String, TelemetryError> {
    filter(directives).map(|_| directives.to_owned())
}

pub(crate) fn install(
    options: &TelemetryOptions,
    filter: EnvFilter,
    traces: &SdkTracerProvider,
) -> Result<(), TelemetryError> {
    let lines = Lines {
        service: options.service,
        json: options.log_format.is_json(),
    };
    let log = format::layer(lines).with_filter(filter);
    // A filter that is asked for every span, not once a call site: a cached answer makes tracing-subscriber drop the span
    // that follows a disabled event (tokio-rs/tracing #2519), and sqlx makes a disabled event for every statement.
    // Without the hint every trace of HTTP/2 would be asked about, which takes a third of a call's CPU.
    let traced = dynamic_filter_fn(|metadata, _| is_traced(metadata)).with_max_level_hint(Level::INFO);
    let spans = tracing_opentelemetry::layer()
        .with_tracer(traces.tracer("muster"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(traced);
    tracing_subscriber::registry()
        .with(spans)
        .with(log)
        .try_init()
        .map_err(|_| TelemetryError::StartedTwice)
}

/// Our spans, whatever the log filter says, and what went wrong inside them.
fn is_traced(metadata: &Metadata<'_>) -> bool {
    let ours = !SILENT.iter().any(|silent| metadata.target().starts_with(silent));
    let level = if metadata.is_span() {
        Level::INFO
    } else {
        Level::WARN
    };
    ours && *metadata.level() <= level
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_libraries_below_are_silent_unless_asked_for() {
        let quiet = filter("info").unwrap().to_string();
        assert!(
            quiet.contains("h2=error") && quiet.contains("lapin=off"),
            "{quiet}"
        );
        let asked = filter("info,h2=debug").unwrap().to_string();
        assert!(
            asked.contains("h2=debug") && !asked.contains("h2=error"),
            "{asked}"
        );
        let another = filter("info,hyper_util=debug").unwrap().to_string();
        assert!(another.contains("hyper=error"), "{another}");
        let a_part = filter("info,h2::client=debug").unwrap().to_string();
        assert!(!a_part.contains("h2=error"), "{a_part}");
        assert!(filter("info,=,=").is_err());
    }
}
