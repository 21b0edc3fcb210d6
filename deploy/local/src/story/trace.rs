//! The trace of one spreadsheet row, from the import to the mail server's reply, and the click that links to it.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, ensure};
use muster_proto::invitation::v1::ImportRowState;
use serde_json::Value;

use super::invite::rows;
use super::world::{World, until};
use super::{Step, Told};

pub(super) const STEP: Step = Step {
    title: "The trace of one spreadsheet row",
    services: &["invitation", "notification"],
    tell,
};

fn tell(world: &mut World) -> Told<'_> {
    Box::pin(async {
        let applied = rows(world, vec![ImportRowState::Applied.into()], 1).await?;
        let row = applied.first().context("no row was applied")?;
        let url = format!("{}/api/traces/{}", world.addresses.traces, row.trace_id);
        let trace = until("the trace is complete", Duration::from_secs(30), async || {
            let answer = world.http.get(&url).send().await?;
            if !answer.status().is_success() {
                return Ok(None);
            }
            let trace: Value = answer.json().await?;
            let linked = trace["linked_from"]
                .as_array()
                .is_some_and(|links| !links.is_empty());
            Ok((linked && reached_the_mail_server(&trace)).then_some(trace))
        })
        .await?;
        let spans = trace["spans"].as_array().context("the trace has no spans")?;
        for service in ["invitation", "notification"] {
            ensure!(
                spans.iter().any(|span| span["service"] == service),
                "{service} is not in the trace"
            );
        }
        let mut lines = Vec::new();
        draw(spans, "", 0, &mut lines);
        lines.push(format!(
            "the accepting click links to it: {}",
            trace["linked_from"]
        ));
        lines.push(format!(
            "as a waterfall: {}/traces/{}",
            world.addresses.traces, row.trace_id
        ));
        Ok(lines)
    })
}

fn reached_the_mail_server(trace: &Value) -> bool {
    let spans = trace["spans"].as_array().into_iter().flatten();
    spans
        .filter(|span| span["service"] == "notification")
        .any(|span| {
            let name = span["name"].as_str().unwrap_or_default().to_lowercase();
            name.contains("smtp")
        })
}

/// The spans below a parent, each under its own, in the order of time. A parent that is not here is nobody's child.
fn draw(spans: &[Value], parent: &str, depth: usize, lines: &mut Vec<String>) {
    let known = |id: &str| spans.iter().any(|span| span["span_id"] == id);
    for span in spans {
        let above = span["parent_span_id"].as_str().unwrap_or_default();
        let here = if depth == 0 {
            above.is_empty() || !known(above)
        } else {
            above == parent
        };
        if !here {
            continue;
        }
        let (start, end) = (
            span["start"].as_u64().unwrap_or_default(),
            span["end"].as_u64().unwrap_or_default(),
        );
        let mut line = "  ".repeat(depth);
        let _ = write!(
            line,
            "{} · {} ({:.1} ms)",
            span["service"].as_str().unwrap_or_default(),
            span["name"].as_str().unwrap_or_default(),
            end.saturating_sub(start) as f64 / 1e6
        );
        lines.push(line);
        draw(
            spans,
            span["span_id"].as_str().unwrap_or_default(),
            depth + 1,
            lines,
        );
    }
}
