//! `cargo dev test`: every test of the workspace, on one engine pair.

use std::fs;
use std::path::Path;
use std::process::{ExitCode, Stdio};

use anyhow::{Context, bail};
use clap::Args;
use muster_engines::packages::Package;
use muster_engines::{DirectoryLock, Durability, Pair};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio::task::spawn_blocking;

use crate::place::Place;
use crate::say::say;
use crate::{build, install};

/// The package whose tests need a running suite.
const SUITE_TESTS: &str = "muster-tests";

/// What to test.
#[derive(Debug, Args)]
#[command(after_help = "Example: cargo dev test -p muster-invitation -- a_cancelled")]
pub(crate) struct Options {
    /// Stop the engines that a plain `cargo test` has left running, and test nothing
    #[arg(long)]
    stop: bool,
    /// Passed on to `cargo test` in the place of `--workspace`
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "CARGO TEST OPTIONS"
    )]
    rest: Vec<String>,
}

/// Passed and failed tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
}

impl Count {
    /// Adds what one test program says at its end: `test result: ok. 3 passed; 0 failed; …`.
    fn add(&mut self, line: &str) {
        let Some((_, result)) = line
            .split_once("test result: ")
            .and_then(|(_, rest)| rest.split_once(". "))
        else {
            return;
        };
        for part in result.split("; ") {
            match part.trim().split_once(' ') {
                Some((number, "passed")) => self.passed += number.parse::<u64>().unwrap_or_default(),
                Some((number, "failed")) => self.failed += number.parse::<u64>().unwrap_or_default(),
                _ => {}
            }
        }
    }
}

/// Runs the tests; the last line sums them up.
pub(crate) async fn run(place: &Place, options: &Options) -> anyhow::Result<ExitCode> {
    if options.stop {
        let left = place.root.join("target/test-engines");
        let stopped = spawn_blocking(move || Pair::stop_running(&left)).await?;
        say!(
            "stopped: {}",
            if stopped.is_empty() {
                "nothing".to_owned()
            } else {
                stopped.join(", ")
            }
        );
        return Ok(ExitCode::SUCCESS);
    }
    let count = match on_engines(place, options).await {
        Ok(count) => count,
        Err(error) => {
            say!("muster: {error:#}; that counts as one failure");
            Count { passed: 0, failed: 1 }
        }
    };
    say!("muster: {} passed, {} failed", count.passed, count.failed);
    Ok(if count.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Starts the engines, runs the tests, and ends the engines whatever came of it.
async fn on_engines(place: &Place, options: &Options) -> anyhow::Result<Count> {
    install::require(&Package::TESTS).await?;
    fs::create_dir_all(&place.state)?;
    let _lock = DirectoryLock::now(&place.at("test.lock"))?;
    let directory = place.at("test");
    let starting = directory.clone();
    say!("Starting the engines of the tests in {}", directory.display());
    let mut pair = spawn_blocking(move || {
        // Nothing of an earlier run is worth keeping, and its leftovers would fill the disk.
        let _ = Pair::stop_running(&starting);
        let _ = fs::remove_dir_all(&starting);
        Pair::start(&starting, Durability::Careless)
    })
    .await??;
    let counted = tokio::select! {
        counted = tests(place, options, &pair) => counted,
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    spawn_blocking(move || pair.stop()).await?;
    let (mut count, succeeded) = counted?;
    if !succeeded && count.failed == 0 {
        say!("A test program did not compile or did not come to its end: it counts as one failure.");
        count.failed = 1;
    }
    Ok(count)
}

/// Builds everything, starts a suite as people do (which tells the story) when its tests are wanted, and runs the tests.
async fn tests(place: &Place, options: &Options, pair: &Pair) -> anyhow::Result<(Count, bool)> {
    build::programs(place, false).await?;
    let suite = place.at("test-suite");
    let wanted = options.rest.is_empty() || options.rest.iter().any(|word| word == SUITE_TESTS);
    if wanted {
        say!("Starting the suite of the tests in {}", suite.display());
        let started = on_suite(&suite, &["up", "--fresh", "--no-build", "--detach"]).await?;
        if !started {
            on_suite(&suite, &["down"]).await?;
            bail!("the suite of the tests did not start, or its story failed");
        }
    }
    let counted = cargo_test(place, options, pair, &suite).await;
    if wanted {
        on_suite(&suite, &["down"]).await?;
    }
    counted
}

/// Runs this program on the suite of the tests.
async fn on_suite(suite: &Path, arguments: &[&str]) -> anyhow::Result<bool> {
    let mut command = Command::new(Place::own_program()?);
    let status = command
        .arg("--dir")
        .arg(suite)
        .args(arguments)
        .stdin(Stdio::null())
        .status()
        .await;
    Ok(status.context("this program cannot be run again")?.success())
}

async fn cargo_test(
    place: &Place,
    options: &Options,
    pair: &Pair,
    suite: &Path,
) -> anyhow::Result<(Count, bool)> {
    let mut command = build::cargo(place);
    command.args(["test", "--no-fail-fast"]);
    if options.rest.is_empty() {
        command.arg("--workspace");
    }
    command
        .args(&options.rest)
        .env("MUSTER_TEST_POSTGRES", pair.postgres.superuser_url())
        .env("MUSTER_TEST_AMQP", pair.rabbitmq.url())
        .env("MUSTER_TEST_SUITE", suite)
        .env("MUSTER_TEST_BINARIES", Place::binaries(false)?)
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    let mut child = command.spawn().context("cargo cannot be run")?;
    let output = child.stdout.take().context("cargo has no output")?;
    let mut lines = BufReader::new(output).lines();
    let mut count = Count::default();
    while let Some(line) = lines.next_line().await? {
        count.add(&line);
        say!("{line}");
    }
    Ok((count, child.wait().await?.success()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_all_programs_are_summed() {
        let mut count = Count::default();
        for line in [
            "test a ... ok",
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 2.00s",
        ] {
            count.add(line);
        }
        assert_eq!(
            count,
            Count {
                passed: 15,
                failed: 2
            }
        );
    }
}
