//! `cargo dev up`: from nothing, or from whatever was left, to a suite whose story has passed.

mod bring;
mod detach;
mod options;
mod suite;
mod table;

use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use muster_clock::Clock;
use muster_engines::packages::Package;
use muster_engines::{DirectoryLock, EngineError, ProcessId, require_space, write_private};

pub(crate) use self::options::Options;
use self::suite::Suite;
use crate::keys::Keys;
use crate::outln;
use crate::supervise::Interruption;
use crate::workspace::Workspace;
use crate::{build, down, install, story, token};

/// RabbitMQ stops taking messages when a disk is nearly full.
const SPACE_MB: u64 = 1_000;
/// Workload tokens live a day; new ones are written this often.
const TOKENS_EVERY: Duration = Duration::from_secs(60 * 60);
/// Between looks at the clock: a machine that slept over the weekend needs new ones when it wakes, not an hour later.
const CLOCK_EVERY: Duration = Duration::from_secs(20);

/// Starts the suite, or finds it running.
pub(crate) async fn run(workspace: Workspace, options: Options) -> anyhow::Result<ExitCode> {
    workspace.claim()?;
    let lock = match DirectoryLock::now(&workspace.at("lock")) {
        Ok(lock) => lock,
        Err(EngineError::Locked { .. }) => return found(&workspace, options).await,
        Err(error) => return Err(error.into()),
    };
    let own = ProcessId::own().context("this process cannot be found in /proc")?;
    let _ = fs::remove_file(workspace.outcome());
    if options.detach {
        workspace.pid_file(detach::STARTER).write(own)?;
        prepare(&workspace, options).await?;
        drop(lock);
        return detach::run(&workspace, options).await;
    }
    workspace.pid_file("supervisor").write(own)?;
    supervise(&workspace, options).await
}

/// Another `up` holds the lock.
async fn found(workspace: &Workspace, options: Options) -> anyhow::Result<ExitCode> {
    if options.fresh {
        let command = workspace.command();
        bail!("the suite is running: `{command} down` first, then `{command} up --fresh`");
    }
    let state = if workspace.outcome().exists() {
        "running"
    } else {
        "being started"
    };
    outln!("The suite is {state} already.");
    let code = detach::outcome(workspace, None).await?;
    table::print(workspace)?;
    Ok(code)
}

/// Runs in the foreground until interrupted.
async fn supervise(workspace: &Workspace, options: Options) -> anyhow::Result<ExitCode> {
    // In the background, the terminal that started us may close: that is none of our business.
    let mut interruption = if detached() {
        Interruption::without_terminal()?
    } else {
        Interruption::new()?
    };
    let mut suite = Suite::default();
    let came_up = tokio::select! {
        result = start(workspace, options, &mut suite) => result.map(Some),
        () = interruption.wait() => Ok(None),
    };
    let code = match came_up.and_then(|passed| announce(workspace, passed)) {
        Ok(Some(passed)) => {
            stay(workspace, &mut interruption).await;
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
    outln!("\nStopping …");
    // What came to be is over: nobody may read that it runs.
    let _ = fs::remove_file(workspace.outcome());
    suite.stop().await;
    workspace.pid_file("supervisor").remove();
    outln!(
        "Everything is stopped; the data stays in {}.",
        workspace.state.display()
    );
    Ok(code)
}

/// Tells how to end it, and whoever waits for us how it went.
fn announce(workspace: &Workspace, passed: Option<bool>) -> anyhow::Result<Option<bool>> {
    if let Some(passed) = passed {
        if detached() {
            outln!("\n`{} down` stops everything.", workspace.command());
        } else {
            outln!("\nCtrl-C stops everything.");
        }
        let outcome: &[u8] = if passed { b"passed" } else { b"failed" };
        write_private(&workspace.outcome(), outcome)?;
    }
    Ok(passed)
}

/// What asks the person at the keyboard (a password for apt) and shows them how it goes (the build). It comes before
/// anything is started, and before a supervisor is left in the background, where nobody could answer or look.
async fn prepare(workspace: &Workspace, options: Options) -> anyhow::Result<()> {
    require_space(&workspace.state, SPACE_MB)
        .context("there is no room for a suite: make some, or put it on another disk with `--dir`")?;
    install::require(&Package::ENGINES).await?;
    if options.replicas > 1 {
        install::require(&[Package::Haproxy]).await?;
    }
    if !options.no_build && !options.no_services {
        build::programs(workspace, options.release).await?;
    }
    Ok(())
}

/// Brings everything up and runs the story; `false` when the story failed.
async fn start(workspace: &Workspace, options: Options, suite: &mut Suite) -> anyhow::Result<bool> {
    prepare(workspace, options).await?;
    if options.fresh {
        down::stop_parts(workspace);
        workspace.forget()?;
    }
    bring::up(workspace, options, suite).await?;
    let passed = if options.no_story || options.no_services {
        true
    } else {
        outln!("");
        story::passes(workspace, options.release).await?
    };
    outln!("");
    table::print(workspace)?;
    Ok(passed)
}

/// Until interrupted; keeps the workloads' tokens fresh meanwhile.
async fn stay(workspace: &Workspace, interruption: &mut Interruption) {
    let clock = Clock::system();
    let mut written = clock.now();
    loop {
        tokio::select! {
            () = interruption.wait() => return,
            () = tokio::time::sleep(CLOCK_EVERY) => {}
        }
        if clock.now() - written < TOKENS_EVERY {
            continue;
        }
        written = clock.now();
        let keys = Keys::prepare(workspace);
        if let Err(error) = keys.and_then(|keys| token::write_workload_tokens(workspace, &keys, &clock)) {
            eprintln!("  ! the workloads' tokens could not be renewed: {error:#}");
        }
    }
}

/// Were we left in the background by `--detach`?
fn detached() -> bool {
    std::env::var_os(detach::MARK).is_some()
}
