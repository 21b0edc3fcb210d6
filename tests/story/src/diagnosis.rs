//! Which log to read when a step fails.

use std::fmt;

use reqwest::Url;

use muster_client::CallError;
use muster_local::{Addresses, Workspace, outln, status};
use tonic::Code;

use super::scenario::Scenario;

/// Something that one part should have done.
#[derive(Debug)]
pub(super) struct PartError {
    part: String,
    message: String,
}

impl PartError {
    pub(super) fn of(part: &str, message: String) -> Self {
        let part = part.to_owned();
        Self { part, message }
    }

    /// A page; those of the edge show what the owner of invitations says.
    pub(super) fn of_page(addresses: &Addresses, url: &Url, answered: Answered, message: String) -> Self {
        let invitation = url.path().starts_with("/i/") || url.path().starts_with("/invitation");
        let part = match (host(addresses, url), answered) {
            ("gateway", Answered::Yes) if invitation => "invitation",
            (part, _) => part,
        };
        Self::of(part, message)
    }
}

/// Did an answer come at all?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Answered {
    Yes,
    No,
}

impl fmt::Display for PartError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for PartError {}

/// The error with somebody to ask: `part`, unless it says more.
pub(super) fn known(error: anyhow::Error, part: &str) -> anyhow::Error {
    match suspect(&error) {
        Some(_) => error,
        None => PartError::of(part, format!("{error:#}")).into(),
    }
}

/// Prints what went wrong, where to look at it, and whose log to read.
pub(super) async fn explain(workspace: &Workspace, scenario: &Scenario, error: &anyhow::Error) {
    outln!("   FAILED: {error:#}");
    let trace = error.downcast_ref::<CallError>().and_then(CallError::trace);
    if let Some(trace) = trace {
        outln!(
            "   → {:32} {}",
            "the failed call",
            scenario.trace_page(trace.as_str())
        );
    }
    let command = workspace.command();
    let suspect = suspect(error).unwrap_or("gateway");
    outln!("   read the log of {suspect}: {command} logs {suspect}");
    if let Some(full) = status::full_disk(workspace) {
        outln!("   the disk is full: {full}");
    }
    // No part of the story any more: what the suspect needs may be away for a reason of its own.
    let parts = status::parts(workspace, &scenario.addresses)
        .await
        .unwrap_or_default();
    for part in parts.iter().filter(|part| !part.healthy && part.name != suspect) {
        outln!(
            "   {} does not answer now: {command} logs {}",
            part.name,
            part.name
        );
    }
}

/// The service whose answer was wrong or did not come.
fn suspect(error: &anyhow::Error) -> Option<&str> {
    let failed = error.downcast_ref::<CallError>().map(service);
    failed.or_else(|| error.downcast_ref::<PartError>().map(|error| error.part.as_str()))
}

/// The part that serves an address.
fn host(addresses: &Addresses, url: &Url) -> &'static str {
    let parts = [
        ("issuer", &addresses.issuer),
        ("inbox", &addresses.inbox),
        ("traces", &addresses.traces),
    ];
    let serving = |(_, address): &(&str, &String)| {
        Url::parse(address).is_ok_and(|address| address.origin() == url.origin())
    };
    parts
        .into_iter()
        .find(serving)
        .map_or("gateway", |(part, _)| part)
}

/// The service that most likely knows why a call failed: that of the RPC, unless the gateway itself did not answer or let us
/// in.
fn service(failed: &CallError) -> &'static str {
    match failed.reason() {
        None => "gateway",
        Some(_) if failed.code() == Code::Unauthenticated => "gateway",
        Some(_) => failed.package().split('.').nth(1).unwrap_or(failed.package()),
    }
}
