//! The form of a log line.

use std::error::Error;
use std::fmt::{self, Write};

use opentelemetry::trace::TraceContextExt;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// One line an event, JSON or for people, with the ids of its trace.
pub(crate) struct Lines {
    pub(crate) service: &'static str,
    pub(crate) json: bool,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let mut fields = Fields::default();
        event.record(&mut fields);
        if self.json {
            self.json(&mut out, &time, event, fields)
        } else {
            human(&mut out, &time, event, fields)
        }
    }
}

impl Lines {
    fn json(&self, out: &mut Writer<'_>, time: &str, event: &Event<'_>, fields: Fields) -> fmt::Result {
        let mut line = Map::new();
        line.insert("time".into(), time.into());
        line.insert("level".into(), event.metadata().level().as_str().into());
        line.insert("service".into(), self.service.into());
        line.insert("target".into(), event.metadata().target().into());
        line.insert("message".into(), fields.message.into());
        if let Some((trace, span)) = ids() {
            line.insert("trace_id".into(), trace.into());
            line.insert("span_id".into(), span.into());
        }
        for (name, value) in fields.rest {
            line.entry(name).or_insert(value);
        }
        writeln!(out, "{}", Value::Object(line))
    }
}

fn human(out: &mut Writer<'_>, time: &str, event: &Event<'_>, fields: Fields) -> fmt::Result {
    // `2026-03-01T12:00:00.123456Z`: people at a terminal know the day.
    let clock = time.get(11..23).unwrap_or(time);
    let metadata = event.metadata();
    write!(
        out,
        "{clock} {:>5} {}: {}",
        metadata.level(),
        metadata.target(),
        fields.message
    )?;
    for (name, value) in &fields.rest {
        match value {
            Value::String(text) => write!(out, " {name}={text}")?,
            other => write!(out, " {name}={other}")?,
        }
    }
    if let Some((trace, _)) = ids() {
        write!(out, " trace={trace}")?;
    }
    writeln!(out)
}

fn ids() -> Option<(String, String)> {
    let context = Span::current().context();
    let span = context.span();
    let ids = span.span_context();
    ids.is_valid()
        .then(|| (ids.trace_id().to_string(), ids.span_id().to_string()))
}

#[derive(Default)]
struct Fields {
    message: String,
    rest: Map<String, Value>,
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        if field.name() == "message" {
            self.message = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        } else {
            self.rest.insert(field.name().to_owned(), value);
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    /// The whole chain: our errors do not print their sources themselves.
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut chain = value.to_string();
        let mut source = value.source();
        while let Some(error) = source {
            let _ = write!(chain, ": {error}");
            source = error.source();
        }
        self.put(field, chain.into());
    }
}
