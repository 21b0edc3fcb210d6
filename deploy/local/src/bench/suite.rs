//! The suite that is measured: brought up, measured by an optimized program, and taken down.

use std::io::stderr;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use muster_engines::Running;
use nix::sys::signal::Signal;
use tokio::process::Command;
use tokio::task::spawn_blocking;

use super::{Bench, Options};
use crate::down;
use crate::workspace::Workspace;

/// What we start beside the suite; the measuring process first, for it would miss the others.
const OWN_PARTS: [&str; 7] = [
    "bench",
    "echo",
    "started",
    "smtp-sink",
    "nginx",
    "haproxy",
    "measured-gateway",
];
/// Traces as in production; `cargo dev up` records every one, which costs a third of what a service can do.
const UP: [&str; 7] = [
    "up",
    "--fresh",
    "--release",
    "--no-story",
    "--no-inbox",
    "--detach",
    "--trace-ratio=0.01",
];
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Builds and starts it. With `json`, what it says goes to standard error.
pub(super) async fn bring_up(suite: &Workspace, json: bool) -> anyhow::Result<()> {
    suite.forget_addresses();
    let mut command = own_program(suite, &UP)?;
    command.kill_on_drop(true);
    if json {
        command.stdout(Stdio::from(stderr()));
    }
    if !succeeded(command.status().await)? {
        bail!("the suite did not start");
    }
    Ok(())
}

/// Lets the optimized program measure: one that is not would load the machine by itself.
pub(super) async fn measure(suite: &Workspace, options: &Options) -> anyhow::Result<()> {
    let mut command = Command::new(Workspace::binaries(true)?.join("muster-bench"));
    command
        .arg("--dir")
        .arg(&suite.state)
        .arg("measure")
        .args(options.name.map(Bench::name))
        .args(options.json.then_some("--json"))
        .args(["--minutes", &options.minutes.to_string()])
        .args(options.rows.map(|rows| format!("--rows={rows}")))
        .current_dir(&suite.root)
        .stdin(Stdio::null());
    if !succeeded(command.status().await)? {
        bail!("not everything was measured");
    }
    Ok(())
}

/// Ends the measuring process and what it has started, then the suite. Nothing is left of an earlier one either.
pub(super) async fn take_down(suite: &Workspace) -> anyhow::Result<()> {
    let workspace = suite.clone();
    spawn_blocking(move || {
        for name in OWN_PARTS {
            if let Some(mut left) = Running::find(workspace.pid_file(name)) {
                left.id().signal(Signal::SIGCONT);
                left.stop(Signal::SIGTERM, STOP_TIMEOUT);
            }
        }
        if let Some(stopped) = workspace.pid_file("notification").living() {
            stopped.signal(Signal::SIGCONT);
        }
    })
    .await?;
    let workspace = suite.clone();
    spawn_blocking(move || down::stop(&workspace)).await??;
    Ok(())
}

/// This program on the suite that is measured.
fn own_program(suite: &Workspace, arguments: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(Workspace::own_program()?);
    command
        .arg("--dir")
        .arg(&suite.state)
        .args(arguments)
        .stdin(Stdio::null());
    Ok(command)
}

fn succeeded(status: std::io::Result<ExitStatus>) -> anyhow::Result<bool> {
    Ok(status.context("this program cannot be run again")?.success())
}
