//! `cargo test`, in a session of its own: it ends with us, and so does whatever the test programs have started.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use muster_engines::{PidFile, ProcessId};
use nix::sys::signal::Signal;
use tokio::io::{AsyncBufReadExt, BufReader};

use super::count::Count;
use crate::build;
use crate::outln;
use crate::workspace::Workspace;

/// Cargo ends at once; the test programs are made to.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// What the tests work with.
#[derive(Debug)]
pub(super) struct Surroundings {
    /// Superuser address of the database server.
    pub(super) postgres: String,
    /// Address of the broker.
    pub(super) amqp: String,
    /// The driver of the browser, if there is one.
    pub(super) driver: Option<PathBuf>,
    /// The directory of the running suite.
    pub(super) suite: PathBuf,
    /// Whether they try as much as in a long run.
    pub(super) is_long: bool,
    /// Whether what is checked in is written anew.
    pub(super) regenerates: bool,
}

/// What random sequences of acts begin with. The same in each run, unless somebody says another number: a change is not blamed for
/// what another sequence finds.
const SEED: &str = "PROPTEST_RNG_SEED";

/// How many tests run at once. Most of the time they wait, for engines, clocks and each other: with one for each processor half of
/// the processors' time is nobody's.
const THREADS: &str = "RUST_TEST_THREADS";
const THREADS_OF_A_PROCESSOR: usize = 2;

/// Runs the tests; what they print is printed, and counted. `false` when cargo says that something failed.
pub(super) async fn cargo_test(
    workspace: &Workspace,
    options: &[String],
    surroundings: &Surroundings,
) -> anyhow::Result<(Count, bool)> {
    let mut command = build::cargo_in_session(workspace);
    command.args(["test", "--no-fail-fast"]);
    if options.is_empty() {
        command.arg("--workspace");
    }
    command
        .args(options)
        .env("MUSTER_TEST_POSTGRES", &surroundings.postgres)
        .env("MUSTER_TEST_AMQP", &surroundings.amqp)
        .env("MUSTER_TEST_SUITE", &surroundings.suite)
        .env("MUSTER_TEST_BINARIES", Workspace::binaries(false)?)
        // Empty: the tests of the pages say that there is none.
        .env(
            "MUSTER_TEST_CHROMEDRIVER",
            surroundings.driver.as_deref().unwrap_or(Path::new("")),
        )
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    if surroundings.is_long {
        let numbers = long_numbers(|variable| env::var_os(variable).is_some());
        let said: Vec<String> = numbers
            .iter()
            .map(|(name, number)| format!("{name}={number}"))
            .collect();
        outln!("A long run: {}", said.join(" "));
        command.envs(numbers);
    }
    if surroundings.regenerates {
        command.env("MUSTER_REGENERATE", "1");
    }
    if env::var_os(SEED).is_none() {
        command.env(SEED, "1");
    }
    if env::var_os(THREADS).is_none() {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        command.env(THREADS, (processors * THREADS_OF_A_PROCESSOR).to_string());
    }
    let mut child = command.spawn().context("cargo cannot be run")?;
    let _session = Session::remember(child.id(), pid_file(workspace))?;
    let output = child.stdout.take().context("cargo has no output")?;
    let mut lines = BufReader::new(output).lines();
    let mut count = Count::default();
    while let Some(line) = lines.next_line().await? {
        count.add(&line);
        outln!("{line}");
    }
    Ok((count, child.wait().await?.success()))
}

/// The numbers of a long run, but for those that somebody has said.
fn long_numbers(is_said: impl Fn(&str) -> bool) -> Vec<(&'static str, String)> {
    let wanted = muster_effort::ALL.into_iter();
    let wanted = wanted.filter(|effort| !is_said(effort.variable));
    wanted
        .map(|effort| (effort.variable, effort.long.to_string()))
        .collect()
}

/// Ends the tests of a run that was killed.
pub(super) fn end_left(workspace: &Workspace) {
    let file = pid_file(workspace);
    if let Some(left) = file.living() {
        end(left);
    }
    file.remove();
}

fn pid_file(workspace: &Workspace) -> PidFile {
    workspace.pid_file("cargo-test")
}

fn end(leader: ProcessId) {
    leader.signal_session(Signal::SIGTERM);
    let _ = leader.wait_gone(STOP_TIMEOUT);
    leader.signal_session(Signal::SIGKILL);
}

/// Cargo and its test programs, which end when this is dropped.
struct Session {
    leader: ProcessId,
    file: PidFile,
}

impl Session {
    fn remember(pid: Option<u32>, file: PidFile) -> anyhow::Result<Self> {
        let pid = pid.context("cargo ended at once")?;
        let leader = ProcessId::of(i32::try_from(pid)?).context("cargo ended at once")?;
        file.write(leader)?;
        Ok(Self { leader, file })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.leader.is_alive() {
            end(self.leader);
        }
        self.file.remove();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_sets_every_number_that_nobody_has_said() {
        let all = long_numbers(|_| false);
        assert_eq!(all.len(), muster_effort::ALL.len());
        let kills = muster_effort::KILLS.variable;
        let mut others = all.clone();
        others.retain(|(variable, _)| *variable != kills);
        assert_eq!(long_numbers(|variable| variable == kills), others);
        assert_eq!(others.len() + 1, all.len());
    }
}
