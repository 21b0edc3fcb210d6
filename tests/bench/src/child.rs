//! Load generators: run to their end, bounded in time, and what they print.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::process::Command;
use tokio::time::timeout;

/// Runs a program to its end and gives back what it printed. It is killed when it takes longer than `limit`, and when we
/// are interrupted.
pub(super) async fn output(mut command: Command, limit: Duration) -> anyhow::Result<String> {
    let program = Path::new(command.as_std().get_program());
    let name = program
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let running = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let done = timeout(limit, running)
        .await
        .with_context(|| format!("{name} did not end within {} s", limit.as_secs()))?
        .with_context(|| format!("{name} cannot be run"))?;
    let printed = String::from_utf8_lossy(&done.stdout).into_owned();
    if !done.status.success() {
        let error = String::from_utf8_lossy(&done.stderr);
        bail!(
            "{name} failed ({}): {}{}",
            done.status,
            printed.trim(),
            error.trim()
        );
    }
    Ok(printed)
}

/// The number that stands after `before` in a text.
pub(super) fn number_after(text: &str, before: &str) -> Option<f64> {
    let rest = text.split_once(before)?.1.trim_start();
    let end = rest
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}
