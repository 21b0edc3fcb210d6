//! Building the programs, and the tests.

use std::env;
use std::ffi::OsString;
use std::io::{IsTerminal, stderr};
use std::time::Instant;

use anyhow::{Context, bail};
use tokio::process::Command;

use crate::place::Place;
use crate::say::{done, say};

/// Builds every program of the workspace. All at once: features then are the same as in every other build, and nothing is
/// compiled twice.
pub(crate) async fn programs(place: &Place, release: bool) -> anyhow::Result<()> {
    let mut command = cargo(place);
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

/// Builds every program and every test of the workspace, in one call: tests turn on features of libraries, and what was
/// built before for the programs alone would be built once more. Cargo shows how far it is, in a log too.
pub(crate) async fn programs_and_tests(place: &Place) -> anyhow::Result<()> {
    let mut command = cargo(place);
    command.args(["build", "--workspace", "--bins", "--tests"]);
    build(command).await
}

async fn build(mut command: Command) -> anyhow::Result<()> {
    say!("Building Muster (minutes for the first time) …");
    let begun = Instant::now();
    let status = command
        .kill_on_drop(true)
        .status()
        .await
        .context("cargo cannot be run")?;
    if !status.success() {
        bail!("not everything could be built; cargo's own words are above");
    }
    done("build", begun.elapsed());
    Ok(())
}

/// The cargo that runs us.
fn cargo(place: &Place) -> Command {
    let mut command = Command::new(program());
    command.current_dir(&place.root);
    command
}

/// The same in a session of its own, which can be ended as a whole.
pub(crate) fn cargo_in_session(place: &Place) -> Command {
    let mut command = Command::new("setsid");
    command.arg(program()).current_dir(&place.root);
    command
}

fn program() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
