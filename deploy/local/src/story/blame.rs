//! Whose log to read when a step fails.

use std::fmt;

use reqwest::Url;

use super::world::World;
use crate::addresses::Addresses;
use crate::edge::Failed;
use crate::place::Place;
use crate::say::say;
use crate::status;

/// Something that one part should have done.
#[derive(Debug)]
pub(super) struct At {
    part: String,
    words: String,
}

impl At {
    pub(super) fn part(part: &str, words: String) -> Self {
        let part = part.to_owned();
        Self { part, words }
    }

    /// A page; those of the edge show what the owner of invitations says.
    pub(super) fn page(addresses: &Addresses, url: &Url, answered: Answered, words: String) -> Self {
        let invitation = url.path().starts_with("/i/") || url.path().starts_with("/invitation");
        let part = match (host(addresses, url), answered) {
            ("gateway", Answered::Yes) if invitation => "invitation",
            (part, _) => part,
        };
        Self::part(part, words)
    }
}

/// Did an answer come at all?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Answered {
    Yes,
    No,
}

impl fmt::Display for At {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.words)
    }
}

impl std::error::Error for At {}

/// The error with somebody to ask: `part`, unless it says more.
pub(super) fn known(error: anyhow::Error, part: &str) -> anyhow::Error {
    match suspect(&error) {
        Some(_) => error,
        None => At::part(part, format!("{error:#}")).into(),
    }
}

/// Prints what went wrong, where to look at it, and whose log to read.
pub(super) async fn explain(place: &Place, world: &World, error: &anyhow::Error) {
    say!("   FAILED: {error:#}");
    if let Some(failed) = error.downcast_ref::<Failed>() {
        say!(
            "   → {:32} {}",
            "the failed call",
            world.trace_page(&failed.trace)
        );
    }
    let command = place.command();
    let suspect = suspect(error).unwrap_or("gateway");
    say!("   read the log of {suspect}: {command} logs {suspect}");
    if let Some(full) = status::full_disk(place) {
        say!("   the disk is full: {full}");
    }
    // No part of the story any more: what the suspect needs may be away for a reason of its own.
    let parts = status::parts(place, &world.addresses).await.unwrap_or_default();
    for part in parts.iter().filter(|part| !part.healthy && part.name != suspect) {
        say!(
            "   {} does not answer now: {command} logs {}",
            part.name,
            part.name
        );
    }
}

/// The service whose answer was wrong or did not come.
fn suspect(error: &anyhow::Error) -> Option<&str> {
    let failed = error.downcast_ref::<Failed>().map(Failed::service);
    failed.or_else(|| error.downcast_ref::<At>().map(|at| at.part.as_str()))
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
