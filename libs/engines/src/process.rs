//! Processes that outlive whoever started them, and are recognised again.
//!
//! A pid alone can be reused by a stranger; a pid and the moment its process started cannot. Pid files keep both, so a
//! signal is only ever sent to what we started.

mod id;
mod pid_file;
mod running;

use std::fs;
use std::path::Path;

pub use self::id::ProcessId;
pub use self::pid_file::PidFile;
pub use self::running::Running;

/// The last lines of a log, for a message about what went wrong.
#[must_use]
pub fn tail(log: &Path, lines: usize) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    let all: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = all.len().saturating_sub(lines);
    all.get(from..)
        .unwrap_or_default()
        .iter()
        .map(|line| format!("  {line}\n"))
        .collect()
}
