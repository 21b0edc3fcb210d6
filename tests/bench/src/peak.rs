//! The most memory that a process takes while something is done.

use std::fs;

use anyhow::Context;
use muster_engines::ProcessId;

use super::figure::Figure;
use super::fixture::Fixture;

/// By how much the peaks of something small and of something large may differ, in MiB.
const ALLOWED: f64 = 32.0;
const KIB: f64 = 1024.0;

/// The peak of something large beside that of something small, and what it is more beside what it may be.
pub(super) fn compared(name: String, large: f64, small: (&'static str, f64)) -> [Figure; 2] {
    let more = (large - small.1).max(0.0);
    let allowed = format!("{name}.more");
    [
        Figure::new(name, large, "MiB", small),
        Figure::new(allowed, more, "MiB", ("allowed", ALLOWED)),
    ]
}

/// The most memory that a process takes, as the kernel keeps it.
#[derive(Debug)]
pub(super) struct Peak(ProcessId);

impl Peak {
    /// From now on.
    pub(super) fn begin(fixture: &Fixture, name: &str) -> anyhow::Result<Self> {
        let process = fixture.workspace.pid_file(name).living();
        let process = process.with_context(|| format!("{name} does not run"))?;
        // What this is to the kernel: the peak becomes what it takes now.
        let file = format!("/proc/{}/clear_refs", process.pid());
        fs::write(&file, "5").with_context(|| format!("{file} cannot be written"))?;
        Ok(Self(process))
    }

    pub(super) fn mebibytes(&self) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.pid()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
        Ok(kib.context("the process is gone")? / KIB)
    }
}
