//! Step 7: the trace of one spreadsheet row, from the import to the mail server's reply, and the click that links to it.

use anyhow::{Context, ensure};
use muster_proto::invitation::v1::ImportRowState;
use serde_json::Value;

use super::browser::Browser;
use super::expect::{SOON, wait_until};
use super::invite::rows;
use super::report::StepReport;
use super::scenario::Scenario;

pub(super) const TITLE: &str = "The trace of one spreadsheet row, from the import to the mail server's reply";

pub(super) async fn run(scenario: &mut Scenario) -> anyhow::Result<StepReport> {
    let mut report = StepReport::default();
    let owner = scenario.caller("owner")?;
    let applied = rows(&owner, &scenario.import, vec![ImportRowState::Applied.into()], 1).await?;
    let row = applied.first().context("no row was applied")?;
    report.line(format!("row {} of the spreadsheet:", row.row));

    let trace = wait_until("the trace is complete", "traces", SOON, async || {
        let trace = read(scenario, &row.trace_id).await?;
        Ok(trace.filter(|trace| reached_the_mail_server(trace) && accepted_by(trace).is_some()))
    })
    .await?;
    let spans = trace["spans"].as_array().context("the trace has no spans")?;
    for service in ["invitation", "notification"] {
        ensure!(
            spans.iter().any(|span| span["service"] == service),
            "{service} is not in the trace"
        );
    }
    draw(spans, "", 1, &mut report.lines);
    let page = scenario.trace_page(&row.trace_id);
    let mut browser = Browser::open(&scenario.addresses, &page).await?;
    for span in spans {
        browser.shows(word(span, "name"))?;
        browser.shows(word(span, "span_id"))?;
    }
    report.link("the same as a waterfall", page);
    browser.shows(&format!("href=\"/traces/{}\"", scenario.approval))?;
    report.line("it links to the trace in which the owner approved the import");
    report.link(
        "the approval of the import",
        scenario.trace_page(&scenario.approval),
    );
    let click = accepted_by(&trace).context("nothing links to the trace")?;
    browser.click_to(&format!("/traces/{click}")).await?;
    let click = browser.at.to_string();
    shows_the_click(scenario, &click, &row.trace_id).await?;
    report.line("the click that accepted is a trace of its own, and links to this one");
    report.link("the click", click);
    Ok(report)
}

/// Each service sends its spans in batches of its own: those of the page may come a moment after the others.
async fn shows_the_click(scenario: &Scenario, page: &str, linked: &str) -> anyhow::Result<()> {
    wait_until(
        "the trace of the click is complete",
        "gateway",
        SOON,
        async || {
            let browser = Browser::open(&scenario.addresses, page).await?;
            browser.shows(linked)?;
            Ok(browser.shows("POST /invitation/accept").ok())
        },
    )
    .await
}

/// The trace as far as it has come.
async fn read(scenario: &Scenario, id: &str) -> anyhow::Result<Option<Value>> {
    let url = format!("{}/api/traces/{id}", scenario.addresses.traces);
    let answer = reqwest::Client::builder()
        .no_proxy()
        .build()?
        .get(url)
        .send()
        .await?;
    if !answer.status().is_success() {
        return Ok(None);
    }
    Ok(Some(answer.json().await?))
}

fn reached_the_mail_server(trace: &Value) -> bool {
    let spans = trace["spans"].as_array().into_iter().flatten();
    spans
        .filter(|span| span["service"] == "notification")
        .any(|span| word(span, "name").to_lowercase().contains("smtp"))
}

/// The trace that links to this one.
fn accepted_by(trace: &Value) -> Option<&str> {
    trace["linked_from"].as_array()?.first()?.as_str()
}

/// The spans below a parent, each under its own, in the order of time. A parent that is not here is nobody's child.
fn draw(spans: &[Value], parent: &str, depth: usize, lines: &mut Vec<String>) {
    let known = |id: &str| spans.iter().any(|span| span["span_id"] == id);
    for span in spans {
        let above = word(span, "parent_span_id");
        let here = if parent.is_empty() {
            !known(above)
        } else {
            above == parent
        };
        if !here {
            continue;
        }
        let time = |name: &str| span[name].as_u64().unwrap_or_default();
        let took = time("end").saturating_sub(time("start")) as f64 / 1e6;
        let service = word(span, "service");
        let indent = "  ".repeat(depth - 1);
        lines.push(format!(
            "{took:9.1} ms  {indent}{service} · {}",
            word(span, "name")
        ));
        draw(spans, word(span, "span_id"), depth + 1, lines);
    }
}

fn word<'s>(span: &'s Value, name: &str) -> &'s str {
    span[name].as_str().unwrap_or_default()
}
