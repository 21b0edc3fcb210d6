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
use muster_engines::{DirectoryLock, EngineError, ProcessId, require_space};
use tokio::signal::unix::{Signal, SignalKind, signal};

use self::suite::Suite;
use crate::cli::UpOptions;
use crate::keys::Keys;
use crate::place::Place;
use crate::say::say;
use crate::{down, story, token};

/// RabbitMQ stops taking messages when a disk is nearly full.
const SPACE_MB: u64 = 1_000;
/// Workload tokens live a day; new ones are written this often.
const TOKENS_EVERY: Duration = Duration::from_secs(60 * 60);

/// Starts the suite, or finds it running.
pub(crate) async fn run(place: Place, options: UpOptions) -> anyhow::Result<ExitCode> {
    fs::create_dir_all(&place.state).with_context(|| format!("cannot create {}", place.state.display()))?;
    let lock = match DirectoryLock::now(&place.at("lock")) {
        Ok(lock) => lock,
        Err(EngineError::Locked { .. }) => return found(&place, options).await,
        Err(error) => return Err(error.into()),
    };
    if options.detach {
        drop(lock);
        return detach::run(&place, options).await;
    }
    supervise(&place, options).await
}

/// Another `up` holds the lock.
async fn found(place: &Place, options: UpOptions) -> anyhow::Result<ExitCode> {
    if options.fresh {
        bail!("the suite is running: `cargo dev down` first, then `cargo dev up --fresh`");
    }
    say!("The suite is running already.");
    let code = detach::outcome(place, None).await?;
    table::print(place)?;
    Ok(code)
}

/// Runs in the foreground until told to stop.
async fn supervise(place: &Place, options: UpOptions) -> anyhow::Result<ExitCode> {
    let mut told = Interruption::new()?;
    let own = ProcessId::own().context("this process cannot be found in /proc")?;
    place.pid_file("supervisor").write(own)?;
    let _ = fs::remove_file(place.outcome());
    let mut suite = Suite::default();
    let came_up = tokio::select! {
        result = start(place, options, &mut suite) => result.map(Some),
        () = told.wait() => Ok(None),
    };
    let code = match came_up {
        Ok(Some(passed)) => {
            let how = if detached() { "`cargo dev down`" } else { "Ctrl-C" };
            say!("\n{how} stops everything.");
            fs::write(place.outcome(), if passed { "passed" } else { "failed" })?;
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
    suite.stop().await;
    place.pid_file("supervisor").remove();
    say!(
        "Everything is stopped; the data stays in {}.",
        place.state.display()
    );
    Ok(code)
}

/// Brings everything up and tells the story; `false` when the story failed.
async fn start(place: &Place, options: UpOptions, suite: &mut Suite) -> anyhow::Result<bool> {
    require_space(&place.state, SPACE_MB)?;
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
    loop {
        tokio::select! {
            () = told.wait() => return,
            () = tokio::time::sleep(TOKENS_EVERY) => {
                let keys = Keys::prepare(place);
                if let Err(error) = keys.and_then(|keys| token::write_workload_tokens(place, &keys, &clock)) {
                    eprintln!("  ! the workloads' tokens could not be renewed: {error:#}");
                }
            }
        }
    }
}

/// Ctrl-C, SIGTERM, or a terminal that is closed.
struct Interruption(Vec<Signal>);

impl Interruption {
    fn new() -> anyhow::Result<Self> {
        let hangup = signal(SignalKind::hangup())?;
        let mut signals = vec![signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?];
        // In the background, the terminal that started us may close: then the signal is caught and not listened to.
        if !detached() {
            signals.push(hangup);
        }
        Ok(Self(signals))
    }

    async fn wait(&mut self) {
        std::future::poll_fn(|context| {
            let came = self
                .0
                .iter_mut()
                .any(|signal| signal.poll_recv(context).is_ready());
            if came {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
    }
}

/// Were we left in the background by `--detach`?
fn detached() -> bool {
    std::env::var_os(detach::MARK).is_some()
}
