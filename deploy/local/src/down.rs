//! `cargo dev down`: stops what `up` started, and nothing else.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use muster_engines::{Pair, Running};
use nix::sys::signal::Signal;

use crate::place::Place;
use crate::say::say;
use crate::suite::{SERVICES, TOOLS};

/// Services drain for up to 30 s, then tools, then engines.
const PATIENCE: Duration = Duration::from_secs(120);

/// Stops everything, and says so.
pub(crate) fn run(place: &Place) -> anyhow::Result<ExitCode> {
    let state = place.state.display();
    if !place.state.exists() {
        say!("There is no suite in {state}.");
        return Ok(ExitCode::SUCCESS);
    }
    let supervised = place.pid_file("supervisor").living().is_some();
    if supervised {
        say!("Stopping …");
    }
    let left = stop(place)?;
    if !left.is_empty() {
        say!("Stopped what was left running: {}.", left.join(", "));
    } else if supervised {
        say!("Everything is stopped; the data stays in {state}.");
    } else {
        say!("Nothing runs; the data stays in {state}.");
    }
    Ok(ExitCode::SUCCESS)
}

/// Tells the supervisor to stop; stops by itself whatever a killed one has left, and tells what that was.
pub(crate) fn stop(place: &Place) -> anyhow::Result<Vec<&'static str>> {
    if let Some(supervisor) = place.pid_file("supervisor").living() {
        supervisor.signal(Signal::SIGTERM);
        if !supervisor.wait_gone(PATIENCE) {
            bail!(
                "the supervisor (pid {}) does not end; see {}",
                supervisor.pid(),
                place.log("up").display()
            );
        }
    }
    Ok(stop_parts(place))
}

/// Stops every part that runs without a supervisor; tells which.
pub(crate) fn stop_parts(place: &Place) -> Vec<&'static str> {
    let mut stopped = Vec::new();
    for group in [&SERVICES[..], &TOOLS[..]] {
        let mut running: Vec<_> = group
            .iter()
            .filter_map(|name| Some((*name, Running::find(place.pid_file(name))?)))
            .collect();
        for (_, part) in &running {
            part.id().signal(Signal::SIGTERM);
        }
        for (name, part) in &mut running {
            part.stop(Signal::SIGTERM, Duration::from_secs(30));
            stopped.push(*name);
        }
    }
    stopped.extend(Pair::stop_running(&place.state));
    stopped
}
