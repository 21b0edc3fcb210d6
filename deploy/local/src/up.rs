//! `cargo dev up`: from nothing, or from whatever was left, to a suite that has told its story.

mod bring;
mod detach;
mod suite;
mod table;

use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use muster_clock::Clock;
use muster_engines::packages::Package;
use muster_engines::{DirectoryLock, EngineError, ProcessId, require_space, write_private};

use self::suite::Suite;
use crate::cli::UpOptions;
use crate::keys::Keys;
use crate::place::Place;
use crate::say::say;
use crate::supervise::Interruption;
use crate::{build, down, install, story, token};

/// RabbitMQ stops taking messages when a disk is nearly full.
const SPACE_MB: u64 = 1_000;
/// Workload tokens live a day; new ones are written this often.
const TOKENS_EVERY: Duration = Duration::from_secs(60 * 60);
/// Between looks at the clock: a machine that slept over the weekend needs new ones when it wakes, not an hour later.
const CLOCK_EVERY: Duration = Duration::from_secs(20);

/// Starts the suite, or finds it running.
pub(crate) async fn run(place: Place, options: UpOptions) -> anyhow::Result<ExitCode> {
    place.claim()?;
    let lock = match DirectoryLock::now(&place.at("lock")) {
        Ok(lock) => lock,
        Err(EngineError::Locked { .. }) => return found(&place, options).await,
        Err(error) => return Err(error.into()),
    };
    let own = ProcessId::own().context("this process cannot be found in /proc")?;
    let _ = fs::remove_file(place.outcome());
    if options.detach {
        place.pid_file(detach::STARTER).write(own)?;
        prepare(&place, options).await?;
        drop(lock);
        return detach::run(&place, options).await;
    }
    place.pid_file("supervisor").write(own)?;
    supervise(&place, options).await
}

/// Another `up` holds the lock.
async fn found(place: &Place, options: UpOptions) -> anyhow::Result<ExitCode> {
    if options.fresh {
        let command = place.command();
        bail!("the suite is running: `{command} down` first, then `{command} up --fresh`");
    }
    let state = if place.outcome().exists() {
        "running"
    } else {
        "being started"
    };
    say!("The suite is {state} already.");
    let code = detach::outcome(place, None).await?;
    table::print(place)?;
    Ok(code)
}

/// Runs in the foreground until told to stop.
async fn supervise(place: &Place, options: UpOptions) -> anyhow::Result<ExitCode> {
    // In the background, the terminal that started us may close: that is none of our business.
    let mut told = if detached() {
        Interruption::without_terminal()?
    } else {
        Interruption::new()?
    };
    let mut suite = Suite::default();
    let came_up = tokio::select! {
        result = start(place, options, &mut suite) => result.map(Some),
        () = told.wait() => Ok(None),
    };
    let code = match came_up.and_then(|passed| announce(place, passed)) {
        Ok(Some(passed)) => {
            stay(place, &mut told).await;
            if passed {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Ok(None) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("\nmuster: {error:#}");
            ExitCode::FAILURE
        }
    };
    say!("\nStopping …");
    // What came to be is over: nobody is to be told that it runs.
    let _ = fs::remove_file(place.outcome());
    suite.stop().await;
    place.pid_file("supervisor").remove();
    say!(
        "Everything is stopped; the data stays in {}.",
        place.state.display()
    );
    Ok(code)
}

/// Tells how to end it, and whoever waits for us how it went.
fn announce(place: &Place, passed: Option<bool>) -> anyhow::Result<Option<bool>> {
    if let Some(passed) = passed {
        if detached() {
            say!("\n`{} down` stops everything.", place.command());
        } else {
            say!("\nCtrl-C stops everything.");
        }
        let outcome: &[u8] = if passed { b"passed" } else { b"failed" };
        write_private(&place.outcome(), outcome)?;
    }
    Ok(passed)
}

/// What asks the person at the keyboard (a password for apt) and shows them how it goes (the build). It comes before
/// anything is started, and before a supervisor is left in the background, where nobody could answer or look.
async fn prepare(place: &Place, options: UpOptions) -> anyhow::Result<()> {
    require_space(&place.state, SPACE_MB)
        .context("there is no room for a suite: make some, or put it on another disk with `--dir`")?;
    install::require(&Package::ENGINES).await?;
    if !options.no_build && !options.no_services {
        build::programs(place, options.release).await?;
    }
    Ok(())
}

/// Brings everything up and tells the story; `false` when the story failed.
async fn start(place: &Place, options: UpOptions, suite: &mut Suite) -> anyhow::Result<bool> {
    prepare(place, options).await?;
    if options.fresh {
        down::stop_parts(place);
        place.forget()?;
    }
    bring::up(place, options, suite).await?;
    let passed = if options.no_story || options.no_services {
        true
    } else {
        say!("");
        story::tell(place).await?
    };
    say!("");
    table::print(place)?;
    Ok(passed)
}

/// Until told to stop; keeps the workloads' tokens fresh meanwhile.
async fn stay(place: &Place, told: &mut Interruption) {
    let clock = Clock::system();
    let mut written = clock.now();
    loop {
        tokio::select! {
            () = told.wait() => return,
            () = tokio::time::sleep(CLOCK_EVERY) => {}
        }
        if clock.now() - written < TOKENS_EVERY {
            continue;
        }
        written = clock.now();
        let keys = Keys::prepare(place);
        if let Err(error) = keys.and_then(|keys| token::write_workload_tokens(place, &keys, &clock)) {
            eprintln!("  ! the workloads' tokens could not be renewed: {error:#}");
        }
    }
}

/// Were we left in the background by `--detach`?
fn detached() -> bool {
    std::env::var_os(detach::MARK).is_some()
}
