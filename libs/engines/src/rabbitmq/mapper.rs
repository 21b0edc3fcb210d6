//! Erlang's port mapper (`epmd`), in the foreground and with a pid file. Without one, Erlang starts a daemon of its own
//! that outlives a killed broker, and then refuses to end while a node is known to it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::holder::{holder_of, listens};
use crate::process::{PidFile, Running, tail};
use crate::{EngineError, programs};

/// It listens within milliseconds.
const START_TIMEOUT: Duration = Duration::from_secs(5);
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Starts the mapper of a broker, or finds it running. It listens when this returns.
pub(super) fn start(directory: &Path, log: &Path, port: u16) -> Result<(), EngineError> {
    if pid_file(directory)
        .living()
        .is_some_and(|left| listens(left.pid(), port))
    {
        return Ok(());
    }
    // One that was left on another port serves nobody.
    stop(directory);
    let mut command = Command::new(program()?);
    command
        .env_clear()
        .args(["-port", &port.to_string(), "-address", "127.0.0.1"]);
    // It may end before it is looked at, when a stranger has the port.
    let spawned = Running::spawn(command, log, pid_file(directory));
    let mut running = spawned.map_err(|error| match taken(port) {
        Some(reason) => not_started(reason, log),
        None => error,
    })?;
    let deadline = Instant::now() + START_TIMEOUT;
    // That something answers would not do: it ends at once, and without a complaint, when a stranger has the port.
    while !listens(running.id().pid(), port) {
        let gone = running.ended();
        if gone.is_some() || Instant::now() >= deadline {
            running.stop(Signal::SIGKILL, Duration::ZERO);
            let silent = format!("silent for {} s", START_TIMEOUT.as_secs());
            return Err(not_started(taken(port).or(gone).unwrap_or(silent), log));
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn taken(port: u16) -> Option<String> {
    holder_of(port).map(|holder| format!("port {port} is taken by {holder}"))
}

fn not_started(reason: String, log: &Path) -> EngineError {
    EngineError::NotStarted {
        engine: "Erlang's port mapper",
        reason,
        log: log.to_path_buf(),
        tail: tail(log, 4),
    }
}

/// Does the mapper of this broker run, perhaps left by a killed one?
pub(super) fn is_running(directory: &Path) -> bool {
    pid_file(directory).living().is_some()
}

/// Ends it, if it runs.
pub(super) fn stop(directory: &Path) {
    if let Some(mut running) = Running::find(pid_file(directory)) {
        running.stop(Signal::SIGTERM, STOP_TIMEOUT);
    }
}

fn pid_file(directory: &Path) -> PidFile {
    PidFile::at(directory.join("mapper.pid"))
}

fn program() -> Result<PathBuf, EngineError> {
    programs::on_path("epmd").ok_or_else(|| EngineError::Missing {
        program: "Erlang's port mapper (epmd)",
        advice: "install the package `erlang-base`, which `rabbitmq-server` needs".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_stranger_on_the_port_is_not_taken_for_the_mapper() {
        let scratch = std::env::temp_dir().join(format!("muster-mapper-{}", std::process::id()));
        let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = stranger.local_addr().unwrap().port();
        let refusal = start(&scratch, &scratch.join("log"), port)
            .unwrap_err()
            .to_string();
        let holder = format!("(pid {})", std::process::id());
        assert!(refusal.contains(&holder), "{refusal}");
        assert!(!is_running(&scratch));

        drop(stranger);
        start(&scratch, &scratch.join("log"), port).unwrap();
        assert!(is_running(&scratch));
        stop(&scratch);
        assert!(!is_running(&scratch));
        let _ = std::fs::remove_dir_all(&scratch);
    }
}
