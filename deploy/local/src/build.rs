//! Building the services.

use std::env;

use anyhow::{Context, bail};
use tokio::process::Command;

use crate::place::Place;

/// Builds every program of the workspace. All at once: features then are the same as in every other build, and nothing is
/// compiled twice.
pub(crate) async fn programs(place: &Place, release: bool) -> anyhow::Result<()> {
    let mut command = cargo(place);
    command.args(["build", "--quiet", "--workspace", "--bins"]);
    if release {
        command.arg("--release");
    }
    let status = command
        .kill_on_drop(true)
        .status()
        .await
        .context("cargo cannot be run")?;
    if !status.success() {
        bail!("the services could not be built; cargo's own words are above");
    }
    Ok(())
}

/// The cargo that runs us.
pub(crate) fn cargo(place: &Place) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(&place.root);
    command
}
