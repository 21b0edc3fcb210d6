//! `cargo dev prove`: whether everything that is answered stays so while every part is killed, frozen, restarted, taken away and cut
//! off.
//!
//! This process starts a suite in `.dev/prove`, lets the program of `tests/prove` work and harm it, and takes everything down,
//! whatever came of it. The suite of `cargo dev up` is not touched.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use anyhow::{Context, bail};
use clap::Args;
use muster_engines::DirectoryLock;
use nix::sys::signal::Signal;
use tokio::process::Command;
use tokio::task::spawn_blocking;

use crate::replicas::{self, MAX_REPLICAS};
use crate::suite::{ENGINES, SERVICES};
use crate::supervise::Interruption;
use crate::workspace::Workspace;
use crate::{build, down, k6};

const PROGRAM: &str = "muster-prove";
const UP: [&str; 5] = ["up", "--fresh", "--no-build", "--no-story", "--detach"];

/// How it is harmed, and for how long.
#[derive(Debug, Args)]
#[command(
    after_help = "It ends with what was done to the suite, what was answered meanwhile, and each promise with what was \
                  looked at; it fails when one was broken. Beside the minutes it takes one to start, and up to a few until \
                  everything that was held up has arrived."
)]
pub(crate) struct Options {
    /// How long the suite is worked and harmed
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=1440))]
    minutes: u32,
    /// So many processes of each service, behind a load balancer (HAProxy), which is harmed as well; with 1 there is none
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=i64::from(MAX_REPLICAS)))]
    replicas: u8,
    /// With the load balancer in front of the gateway alone: services share their calls among each other's processes themselves
    #[arg(long)]
    direct: bool,
    /// Harm nothing: restart every process of every service, one after the other, so many times. No call may fail, and none is
    /// sent again
    #[arg(long, value_name = "ROUNDS", conflicts_with = "minutes", value_parser = clap::value_parser!(u32).range(1..=1000))]
    rolling: Option<u32>,
    /// Begin with the programs in this folder, of another release: the first round rolls them out, the second back, the third
    /// out again in the opposite order, and so on
    #[arg(long, value_name = "FOLDER", requires = "rolling")]
    from: Option<PathBuf>,
    /// Let k6, a program of others, call at a steady rate meanwhile; none of its calls may fail either
    #[arg(long, requires = "rolling")]
    k6: bool,
}

/// Works, harms, looks, and takes everything down.
pub(crate) async fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<ExitCode> {
    let suite = workspace.inner("prove");
    fs::create_dir_all(&suite.state)?;
    let _lock = DirectoryLock::now(&workspace.at("prove.lock"))?;
    if options.k6 {
        // Told before a suite is built and started.
        k6::program()?;
    }
    build::programs(workspace, false).await?;
    let mut interruption = Interruption::new()?;
    // Left by one that was killed.
    take_down(&suite).await?;
    let ended = tokio::select! {
        ended = proven(&suite, options) => ended,
        () = interruption.wait() => Err(anyhow::anyhow!("interrupted")),
    };
    eprintln!("Taking the suite down …");
    take_down(&suite).await?;
    ended
}

async fn proven(suite: &Workspace, options: &Options) -> anyhow::Result<ExitCode> {
    suite.forget_addresses();
    let mut up = Command::new(Workspace::own_program()?);
    up.arg("--dir")
        .arg(&suite.state)
        .args(UP)
        .arg(format!("--replicas={}", options.replicas))
        .args(options.direct.then_some("--direct"));
    if let Some(programs) = &options.from {
        // Before anything of ours is in it: `up` takes no folder that holds something else.
        suite.claim()?;
        link_all(suite, programs, options.replicas)?;
        up.arg("--linked");
    }
    if !succeeds(up, suite).await? {
        bail!("the suite did not start");
    }
    let mut prove = Command::new(Workspace::binaries(false)?.join(PROGRAM));
    prove.arg("--dir").arg(&suite.state);
    match options.rolling {
        Some(rounds) => {
            if let Some(programs) = &options.from {
                prove.arg("--from").arg(programs.canonicalize()?);
            }
            prove
                .args(["--rolling", &rounds.to_string()])
                .args(options.k6.then_some("--k6"))
        }
        None => prove.args(["--seconds", &(60 * u64::from(options.minutes)).to_string()]),
    };
    Ok(if succeeds(prove, suite).await? {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Every process is of the release in this folder.
fn link_all(suite: &Workspace, programs: &Path, replicas: u8) -> anyhow::Result<()> {
    fs::create_dir_all(suite.at("programs"))?;
    for service in SERVICES {
        for number in 1..=replicas {
            replicas::point(suite, &replicas::name(service, number), programs)?;
        }
    }
    Ok(())
}

async fn succeeds(mut command: Command, suite: &Workspace) -> anyhow::Result<bool> {
    command
        .current_dir(&suite.root)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let status = command.status().await.context("a program cannot be run")?;
    Ok(status.success())
}

/// What was frozen when the program was killed could not end.
async fn take_down(suite: &Workspace) -> anyhow::Result<()> {
    let workspace = suite.clone();
    spawn_blocking(move || {
        let engines = ENGINES.map(ToOwned::to_owned);
        for part in replicas::parts(&workspace).into_iter().chain(engines) {
            if let Some(frozen) = workspace.pid_file(&part).living() {
                frozen.signal_family(Signal::SIGCONT);
            }
        }
        down::stop(&workspace)
    })
    .await??;
    Ok(())
}
