//! The form of a log line.

use std::error::Error;
use std::fmt::{self, Write};

use opentelemetry::trace::TraceContextExt;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Writes lines. Spans are made known to it, for directives that name one; it prints none, and formats none.
pub(crate) fn layer<S>(lines: Lines) -> tracing_subscriber::fmt::Layer<S, NoFields, Lines>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_subscriber::fmt::layer()
        .event_format(lines)
        .fmt_fields(NoFields)
}

/// What the lines say of the fields of a span. Formatted they would be for each span, printed or not: some ten fields of each
/// call and message, in colours.
pub(crate) struct NoFields;

impl<'writer> FormatFields<'writer> for NoFields {
    fn format_fields<R: RecordFields>(&self, _: Writer<'writer>, _: R) -> fmt::Result {
        Ok(())
    }
}

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
        OneLine(&fields.message)
    )?;
    for (name, value) in &fields.rest {
        match value {
            Value::String(text) => write!(out, " {name}={}", OneLine(text))?,
            other => write!(out, " {name}={other}")?,
        }
    }
    if let Some((trace, _)) = ids() {
        write!(out, " trace={trace}")?;
    }
    writeln!(out)
}

/// A text that stays in its line, and that a terminal does not obey.
struct OneLine<'a>(&'a str);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            if c.is_control() {
                write!(f, "{}", c.escape_default())?;
            } else {
                f.write_char(c)?;
            }
        }
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Mutex};

    use tracing::field;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What `log` writes.
    fn lines(json: bool, log: impl FnOnce()) -> String {
        let written = Written::default();
        let to = written.clone();
        let lines = Lines {
            service: "invitation",
            json,
        };
        let subscriber = tracing_subscriber::registry().with(layer(lines).with_writer(move || to.clone()));
        tracing::subscriber::with_default(subscriber, log);
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[derive(Debug, thiserror::Error)]
    #[error("the outer one")]
    struct Outer(#[source] io::Error);

    #[test]
    fn an_event_is_one_json_object_with_the_whole_chain_of_its_error() {
        let error = Outer(io::Error::other("the inner one"));
        let written = lines(true, || {
            let error = &error as &dyn Error;
            tracing::warn!(error, count = 3, service = "forged", "a \"thing\"\nbroke");
        });
        let line: Value = serde_json::from_str(written.trim_end()).unwrap();
        assert_eq!(written.lines().count(), 1, "{written}");
        assert_eq!(line["level"], "WARN");
        assert_eq!(line["service"], "invitation");
        assert_eq!(line["message"], "a \"thing\"\nbroke");
        assert_eq!(line["count"], 3);
        assert_eq!(line["error"], "the outer one: the inner one");
    }

    #[test]
    fn a_line_for_people_stays_one_line() {
        let written = lines(false, || {
            tracing::info!(name = "x\n12:00 INFO forged \u{1b}[2J", "caf\u{e9}\tbroke")
        });
        assert_eq!(written.lines().count(), 1, "{written}");
        assert!(
            written.contains("caf\u{e9}\\tbroke name=x\\n12:00 INFO forged \\u{1b}[2J"),
            "{written}"
        );
    }

    /// Says how often it was formatted.
    struct Counted(AtomicUsize);

    impl fmt::Debug for Counted {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.fetch_add(1, Ordering::SeqCst);
            f.write_str("counted")
        }
    }

    #[test]
    fn what_a_span_says_is_not_formatted_for_lines_that_do_not_say_it() {
        let counted = Counted(AtomicUsize::new(0));
        let written = lines(false, || {
            let span = tracing::info_span!("handling", first = ?counted, later = field::Empty);
            span.record("later", field::debug(&counted));
            let _entered = span.enter();
            tracing::info!("inside");
        });
        assert!(written.contains("inside"), "{written}");
        assert_eq!(counted.0.load(Ordering::SeqCst), 0);
        let written = lines(false, || tracing::info!(first = ?counted, "of itself"));
        assert!(written.contains("first=counted"), "{written}");
    }
}
