//! What a step has to say, and where to look at it.

use super::world::World;
use crate::edge::Caller;

/// Lines to print, and pages that show the same.
#[derive(Default)]
pub(super) struct Told {
    pub(super) lines: Vec<String>,
    /// What is to be seen, and its address.
    pub(super) pages: Vec<(String, String)>,
}

impl Told {
    /// Something that happened.
    pub(super) fn say(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    /// A page to look at.
    pub(super) fn show(&mut self, what: &str, url: impl Into<String>) {
        self.pages.push((what.to_owned(), url.into()));
    }

    /// The trace of somebody's latest call.
    pub(super) fn show_call(&mut self, what: &str, world: &World, caller: &Caller) {
        self.show(what, world.trace_page(&caller.latest_trace()));
    }
}
