//! `cargo dev down`: stops what `up` started, and nothing else.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use muster_engines::{Pair, Running};
use nix::sys::signal::Signal;

use crate::outln;
use crate::replicas::{self, BALANCER};
use crate::suite::TOOLS;
use crate::workspace::Workspace;

/// Services drain for up to 30 s, then tools, then engines.
const STOP_TIMEOUT: Duration = Duration::from_secs(120);

/// Stops everything, and says so.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<ExitCode> {
    let state = workspace.state.display();
    if !workspace.state.exists() {
        outln!("There is no suite in {state}.");
        return Ok(ExitCode::SUCCESS);
    }
    let supervised = workspace.pid_file("supervisor").living().is_some();
    if supervised {
        outln!("Stopping …");
    }
    let left = stop(workspace)?;
    if !left.is_empty() {
        outln!("Stopped what was left running: {}.", left.join(", "));
    } else if supervised {
        outln!("Everything is stopped; the data stays in {state}.");
    } else {
        outln!("Nothing runs; the data stays in {state}.");
    }
    Ok(ExitCode::SUCCESS)
}

/// Stops the supervisor, and whatever a killed one has left; answers what that was.
pub(crate) fn stop(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    if let Some(supervisor) = workspace.pid_file("supervisor").living() {
        supervisor.signal(Signal::SIGTERM);
        if !supervisor.wait_gone(STOP_TIMEOUT) {
            bail!(
                "the supervisor (pid {}) does not end; see {}",
                supervisor.pid(),
                workspace.log("up").display()
            );
        }
    }
    Ok(stop_parts(workspace))
}

/// Stops every part that runs without a supervisor; answers which.
pub(crate) fn stop_parts(workspace: &Workspace) -> Vec<String> {
    let mut stopped = Vec::new();
    let services = replicas::living(workspace);
    let others = [BALANCER]
        .into_iter()
        .chain(TOOLS)
        .map(ToOwned::to_owned)
        .collect();
    for group in [services, others] {
        let mut running: Vec<_> = group
            .into_iter()
            .filter_map(|name| {
                let part = Running::find(workspace.pid_file(&name))?;
                Some((name, part))
            })
            .collect();
        for (_, part) in &running {
            part.id().signal(Signal::SIGTERM);
        }
        for (name, part) in &mut running {
            part.stop(Signal::SIGTERM, Duration::from_secs(30));
            stopped.push(name.clone());
        }
    }
    stopped.extend(
        Pair::stop_running(&workspace.state)
            .into_iter()
            .map(ToOwned::to_owned),
    );
    stopped
}
