//! The trace of a call: whatever is stored because of it names it.

use crate::support::{Database, RawCall, SERVICES, Suite};

use super::stage::Stage;

/// 32 hexadecimal digits.
#[derive(Debug, Clone)]
pub(super) struct Trace(String);

impl Trace {
    /// The call as a trace of its own.
    pub(super) fn begin(stage: &Stage, call: &RawCall) -> (RawCall, Self) {
        let id = stage.suite.clock.new_uuid().simple().to_string();
        let parent = format!("00-{id}-{}-01", &id[..16]);
        (call.clone().header("traceparent", parent), Self(id))
    }

    /// Whether the event, as [`published`] tells of it, is of this call.
    pub(super) fn is_of(&self, event: &str) -> bool {
        // No other part of a `traceparent` is as long as the trace.
        event.contains(&self.0)
    }
}

/// Which events there are because of these calls, each with its trace: every service keeps the trace of a call with what it publishes of
/// a change.
pub(super) async fn published(suite: &Suite, traces: &[Trace]) -> Vec<String> {
    let ids: Vec<String> = traces.iter().map(|trace| format!("'{}'", trace.0)).collect();
    let question = format!(
        "SELECT coalesce(string_agg(event_type || ' ' || traceparent, ','), '') FROM outbox
          WHERE split_part(traceparent, '-', 2) IN ({})",
        ids.join(", ")
    );
    let mut published = Vec::new();
    for service in SERVICES {
        let found = Database::of(suite, service).await.text(&question).await;
        let events = found.split(',').filter(|event| !event.is_empty());
        published.extend(events.map(|event| format!("{service}: {event}")));
    }
    published
}

/// As [`published`], of one call.
pub(super) async fn published_by(suite: &Suite, trace: &Trace) -> Vec<String> {
    published(suite, std::slice::from_ref(trace)).await
}
