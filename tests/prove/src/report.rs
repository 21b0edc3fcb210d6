//! What was done, and what was found.

use std::collections::BTreeSet;
use std::process::ExitCode;

use muster_local::outln;

use super::audit::Finding;
use super::ledger::{LastAct, Ledger};
use super::trouble::Harm;

/// The most problems of one kind that are shown.
const SHOWN: usize = 10;

/// Prints it; success when nothing was found.
pub(crate) fn print(ledger: &Ledger, harm: &Harm, findings: &[Finding]) -> ExitCode {
    outln!("\nDone to the suite");
    for (what, times) in harm.counts() {
        outln!("  {times:>6}  {what}");
    }
    outln!("\nAnswered by the suite");
    let calls = &ledger.calls;
    outln!(
        "  {:>6}  calls, of which {} had to be sent again",
        calls.answered,
        calls.repeated
    );
    for (last_act, what) in [
        (LastAct::Waiting, "invitations left open"),
        (LastAct::Accepted, "accepted"),
        (LastAct::Declined, "declined"),
        (LastAct::Cancelled, "cancelled"),
    ] {
        outln!("  {:>6}  {what}", ledger.count(last_act));
    }
    outln!(
        "  {:>6}  to addresses that the mail server refuses",
        ledger.unreachable().count()
    );
    let rows: usize = ledger.imports.iter().map(|import| import.addresses.len()).sum();
    outln!("  {rows:>6}  rows of {} spreadsheets", ledger.imports.len());
    outln!("\nFound from outside");
    for finding in findings {
        let problems = finding.problems.len();
        let verdict = if problems == 0 { "ok" } else { "BROKEN" };
        outln!("  {:>6}  {verdict:<6}  {}", finding.looked_at, finding.promise);
        for problem in finding.problems.iter().take(SHOWN) {
            outln!("                  {problem}");
        }
        if problems > SHOWN {
            outln!("                  … and {} more", problems - SHOWN);
        }
    }
    if findings.iter().all(|finding| finding.problems.is_empty()) {
        outln!("\nEvery promise was kept.");
        ExitCode::SUCCESS
    } else {
        outln!("\nA promise was broken.");
        ExitCode::FAILURE
    }
}

/// Prints which promises are found broken by a damage; whether any is.
pub(crate) fn print_damage(damage: &str, new: &BTreeSet<(&'static str, String)>) -> bool {
    if new.is_empty() {
        outln!("  {damage}  NOT FOUND");
        return false;
    }
    let promises: BTreeSet<_> = new.iter().map(|(promise, _)| promise).collect();
    for promise in promises {
        outln!("  {damage}  found: {promise}");
        let problems = new.iter().filter(|(of, _)| of == promise);
        for (_, problem) in problems.take(SHOWN) {
            outln!("                  {problem}");
        }
    }
    true
}
