//! Building the programs, and the tests.

use std::env;
use std::ffi::OsString;
use std::io::{IsTerminal, stderr};
use std::time::Instant;

use anyhow::{Context, bail};
use tokio::process::Command;

use crate::outln;
use crate::output::done;
use crate::workspace::Workspace;

/// Builds every program of the workspace. All at once: features then are the same as in every other build, and nothing is
/// compiled twice.
pub(crate) async fn programs(workspace: &Workspace, release: bool) -> anyhow::Result<()> {
    let mut command = cargo(workspace);
    command.args(["build", "--workspace", "--bins"]);
    // On a terminal cargo shows how far it is; in a log that would be a line a crate.
    if !stderr().is_terminal() {
        command.arg("--quiet");
    }
    if release {
        command.arg("--release");
    }
    build(command).await
}

/// Builds one program, as part of the workspace. Says nothing when it is fresh.
pub(crate) async fn program(workspace: &Workspace, name: &str) -> anyhow::Result<()> {
    let mut command = cargo(workspace);
    command.args(["build", "--quiet", "--workspace", "--bin", name]);
    succeed(command).await
}

/// Builds every program and every test of the workspace, in one call: tests turn on features of libraries, and what was
/// built before for the programs alone would be built once more. Cargo shows how far it is, in a log too.
pub(crate) async fn programs_and_tests(workspace: &Workspace) -> anyhow::Result<()> {
    let mut command = cargo(workspace);
    command.args(["build", "--workspace", "--bins", "--tests"]);
    build(command).await
}

async fn build(command: Command) -> anyhow::Result<()> {
    outln!("Building Muster (minutes for the first time) …");
    let started = Instant::now();
    succeed(command).await?;
    done("build", started.elapsed());
    Ok(())
}

async fn succeed(mut command: Command) -> anyhow::Result<()> {
    let status = command
        .kill_on_drop(true)
        .status()
        .await
        .context("cargo cannot be run")?;
    if !status.success() {
        bail!("not everything could be built; cargo's own words are above");
    }
    Ok(())
}

/// The cargo that runs us.
fn cargo(workspace: &Workspace) -> Command {
    let mut command = Command::new(cargo_program());
    command.current_dir(&workspace.root);
    command
}

/// The same in a session of its own, which can be ended as a whole.
pub(crate) fn cargo_in_session(workspace: &Workspace) -> Command {
    let mut command = Command::new("setsid");
    command.arg(cargo_program()).current_dir(&workspace.root);
    command
}

fn cargo_program() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
