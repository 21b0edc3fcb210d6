//! shim
pub(crate) fn current_traceparent() -> Option<String> { None }
pub(crate) fn context_of(_: &str) -> opentelemetry::Context { opentelemetry::Context::new() }
