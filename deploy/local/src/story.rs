//! `cargo dev story`: the program of `tests/story` on the running suite.

use std::process::{ExitCode, Stdio};

use anyhow::Context;
use tokio::process::Command;

use crate::addresses::Addresses;
use crate::build;
use crate::workspace::Workspace;

const PROGRAM: &str = "muster-story";

/// Runs the story, as its source is now.
pub(crate) async fn run(workspace: &Workspace) -> anyhow::Result<ExitCode> {
    Addresses::read(workspace)?;
    build::program(workspace, PROGRAM).await?;
    Ok(if passes(workspace, false).await? {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs the story as it was built last; whether it came to its end.
pub(crate) async fn passes(workspace: &Workspace, release: bool) -> anyhow::Result<bool> {
    let mut command = Command::new(Workspace::binaries(release)?.join(PROGRAM));
    command
        .arg("--dir")
        .arg(&workspace.state)
        .current_dir(&workspace.root)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let status = command.status().await.context("the story cannot be run")?;
    Ok(status.success())
}
