//! Building the programs, and the tests.

mod progress;

use std::env;
use std::ffi::OsString;
use std::time::Instant;

use tokio::process::Command;

use crate::outln;
use crate::output::done;
use crate::workspace::{SHIPPED, Workspace};

/// Builds every program of the workspace. All at once: features then are the same as in every other build, and nothing is
/// compiled twice.
pub(crate) async fn programs(workspace: &Workspace, release: bool) -> anyhow::Result<()> {
    let mut command = cargo(workspace);
    command.args(["build", "--workspace", "--bins"]);
    if !release {
        return build(command).await;
    }
    command.arg("--release");
    build(command).await?;
    let mut command = cargo(workspace);
    command.args(["build", "--workspace", "--profile", "dist", "--bin"]);
    command.arg(format!("muster-{SHIPPED}"));
    build(command).await
}

/// Builds one program, as part of the workspace.
pub(crate) async fn program(workspace: &Workspace, name: &str) -> anyhow::Result<()> {
    let mut command = cargo(workspace);
    command.args(["build", "--workspace", "--bin", name]);
    build(command).await
}

/// Builds every program and every test of the workspace, in one call.
pub(crate) async fn programs_and_tests(workspace: &Workspace) -> anyhow::Result<()> {
    let mut command = cargo(workspace);
    command.args(["build", "--workspace", "--bins", "--tests"]);
    build(command).await
}

async fn build(command: Command) -> anyhow::Result<()> {
    outln!("Building Muster (minutes for the first time) …");
    let started = Instant::now();
    progress::watch(command).await?;
    done("build", started.elapsed());
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
