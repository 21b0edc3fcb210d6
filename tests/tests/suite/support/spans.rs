//! What the suite has traced: the spans as the trace page keeps them.

use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::Value;

use super::Suite;

/// All spans that are kept.
pub(crate) struct Spans(Vec<Value>);

impl Spans {
    /// As they stand now.
    pub(crate) fn of(suite: &Suite) -> Self {
        let lines = files(suite)
            .into_iter()
            .map(|file| std::fs::read_to_string(file).unwrap_or_default());
        let spans = lines.flat_map(|text| {
            // The last line may still be being written.
            text.lines()
                .filter_map(|line| serde_json::from_str(line).ok())
                .collect::<Vec<Value>>()
        });
        Self(spans.collect())
    }

    /// From which service to which, and the kind of the span there: `server` for a call, `consumer` for a message.
    pub(crate) fn crossings(&self) -> impl Iterator<Item = (String, String, String)> {
        let key = |span: &Value, field: &str| (text(span, "trace_id"), text(span, field));
        let services: HashMap<_, _> = self
            .0
            .iter()
            .map(|span| (key(span, "span_id"), text(span, "service")))
            .collect();
        self.0.iter().filter_map(move |span| {
            let (from, to) = (
                services.get(&key(span, "parent_span_id"))?.clone(),
                text(span, "service"),
            );
            (from != to).then(|| (from, to, text(span, "kind")))
        })
    }

    /// Each in words.
    pub(crate) fn words(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(Value::to_string)
    }
}

fn text(span: &Value, field: &str) -> String {
    span[field].as_str().unwrap_or_default().to_owned()
}

/// The current file and the one before it.
fn files(suite: &Suite) -> Vec<PathBuf> {
    let folder = std::fs::read_dir(suite.dir().join("traces")).expect("the suite keeps traces");
    folder.map(|entry| entry.unwrap().path()).collect()
}
