//! What a trial found, counted.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use uuid::Uuid;

use super::line::Line;

/// Callers and organizations that are told apart; more are "at least".
const TOLD_APART: usize = 10_000;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// Lines of calls.
    pub(super) calls: u64,
    /// Calls that no policy decides.
    pub(super) others: u64,
    /// Calls that would have been answered the same.
    pub(super) same: u64,
    changes: BTreeMap<Change, Calls>,
    untold: BTreeMap<&'static str, u64>,
}

/// A kind of call that would have been decided otherwise.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change {
    /// What would have been decided.
    pub(super) allowed: bool,
    /// By which policies.
    pub(super) by: String,
    pub(super) permission: String,
    /// Of whom, in words.
    pub(super) role: String,
    pub(super) method: String,
}

#[derive(Debug, Default)]
struct Calls {
    count: u64,
    callers: BTreeSet<String>,
    organizations: BTreeSet<Uuid>,
    /// The trace of the first of them.
    trace: String,
}

impl Report {
    /// What cannot be told, and why.
    pub(super) fn untold(&mut self, why: &'static str) {
        *self.untold.entry(why).or_default() += 1;
    }

    /// A call that would have been decided otherwise.
    pub(super) fn changed(&mut self, change: Change, line: &Line) {
        let calls = self.changes.entry(change).or_default();
        calls.count += 1;
        if calls.count == 1 {
            calls.trace.clone_from(&line.trace);
        }
        if calls.callers.len() < TOLD_APART {
            calls.callers.insert(line.caller.clone());
        }
        let organization = line.asked.and_then(|asked| asked.organization);
        if calls.organizations.len() < TOLD_APART {
            calls.organizations.extend(organization);
        }
    }

    /// Writes it for people.
    pub(super) fn write(&self, mut out: impl Write) -> io::Result<()> {
        let untold: u64 = self.untold.values().sum();
        writeln!(
            out,
            "{} calls: {} are decided by policies and would have been decided the same, {} are decided by no policy",
            self.calls, self.same, self.others
        )?;
        for (allowed, heading) in [
            (false, "would have been refused"),
            (true, "would have been let through"),
        ] {
            let changes: Vec<_> = self
                .changes
                .iter()
                .filter(|(change, _)| change.allowed == allowed)
                .collect();
            let count: u64 = changes.iter().map(|(_, calls)| calls.count).sum();
            writeln!(out, "{count} {heading}")?;
            for (change, calls) in changes {
                calls.write(change, &mut out)?;
            }
        }
        writeln!(out, "{untold} cannot be told")?;
        for (why, count) in &self.untold {
            writeln!(out, "  {count}  {why}")?;
        }
        Ok(())
    }
}

impl Calls {
    fn write(&self, change: &Change, mut out: impl Write) -> io::Result<()> {
        writeln!(
            out,
            "  {}  by {}: {} of {}, {} ({} in {}; first in trace {})",
            self.count,
            change.by,
            change.permission,
            change.role,
            change.method,
            counted(self.callers.len(), "caller"),
            counted(self.organizations.len(), "organization"),
            self.trace,
        )
    }
}

fn counted(count: usize, what: &str) -> String {
    let least = if count >= TOLD_APART { "at least " } else { "" };
    let plural = if count == 1 { "" } else { "s" };
    format!("{least}{count} {what}{plural}")
}
