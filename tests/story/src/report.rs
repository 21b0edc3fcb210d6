//! What a step reports: what happened, and where to look at it.

use super::scenario::Scenario;
use muster_client::Client;

/// Lines to print, and pages that show the same.
#[derive(Default)]
pub(super) struct StepReport {
    pub(super) lines: Vec<String>,
    /// What is to be seen, and its address.
    pub(super) pages: Vec<(String, String)>,
}

impl StepReport {
    /// Something that happened.
    pub(super) fn line(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// A sentence of the text that the story follows; the lines after it show what it says.
    pub(super) fn quote(&mut self, sentence: &str) {
        self.line(format!("“{sentence}”"));
    }

    /// A page to look at.
    pub(super) fn link(&mut self, what: &str, url: impl Into<String>) {
        self.pages.push((what.to_owned(), url.into()));
    }

    /// The trace of somebody's latest call.
    pub(super) fn link_call(&mut self, what: &str, scenario: &Scenario, caller: &Client) {
        if let Some(trace) = caller.latest_trace() {
            self.link(what, scenario.trace_page(trace.as_str()));
        }
    }
}
