//! The suite of the tests: one of its own, started as people do, whatever else runs.

use std::process::Stdio;

use anyhow::{Context, bail};
use tokio::process::Command;
use tokio::task::spawn_blocking;

use crate::down;
use crate::outln;
use crate::workspace::Workspace;

/// Where it is.
pub(super) fn of(workspace: &Workspace) -> Workspace {
    workspace.inner("test-suite")
}

/// Brings up a new one, which runs the story.
pub(super) async fn start(suite: &Workspace) -> anyhow::Result<()> {
    outln!("Starting the suite of the tests in {}", suite.state.display());
    suite.forget_addresses();
    let mut command = Command::new(Workspace::own_program()?);
    let status = command
        .arg("--dir")
        .arg(&suite.state)
        .args(["up", "--fresh", "--no-build", "--detach"])
        .current_dir(&suite.root)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .status()
        .await;
    if !status.context("this program cannot be run again")?.success() {
        bail!("the suite of the tests did not start, or its story failed");
    }
    Ok(())
}

/// Ends it, however far it has come; also one that an earlier run has left.
pub(super) async fn stop(suite: &Workspace) -> anyhow::Result<()> {
    let suite = suite.clone();
    spawn_blocking(move || down::stop(&suite)).await??;
    Ok(())
}
