//! `cargo dev test`: every test of the workspace, on one engine pair.

mod browser;
mod count;
mod run;
mod scope;
mod suite;

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use muster_engines::packages::Package;
use muster_engines::{DirectoryLock, Durability, Pair, Postgres};
use tokio::task::spawn_blocking;

use self::count::Count;
use self::run::Surroundings;
use self::scope::Scope;
use crate::outln;
use crate::supervise::Interruption;
use crate::workspace::Workspace;
use crate::{build, install};

/// What to test.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: cargo dev test -p muster-invitation -- a_cancelled\n\nWith -p only these packages are built. The \
                  tests of muster-tests need the whole suite: it is built and started when they are among them.\n\nTwice as many tests run at \
                  once as there are processors, because most of them wait most of the time: RUST_TEST_THREADS says another number.\n\nWhat --long \
                  sets, and to what, stands in CONTRIBUTING.md; a variable that is set already stays as it is. Example: \
                  MUSTER_TEST_KILLS=500 cargo dev test --long -p muster-tests -- kill"
)]
pub(crate) struct Options {
    /// Stop the engines that a plain `cargo test` has left running, and test nothing
    #[arg(long)]
    stop: bool,
    /// Try as much as it takes to show the figures that the tests are there for: hours instead of minutes. Said before the options of cargo
    #[arg(long, conflicts_with = "stop")]
    long: bool,
    /// Whether what is made of the suite, and checked in, is written anew.
    #[arg(skip)]
    regenerates: bool,
    /// Passed on to `cargo test` in the place of `--workspace`
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "CARGO TEST OPTIONS"
    )]
    rest: Vec<String>,
}

impl Options {
    /// The tests that walk through what an invitee sees, and keep the pictures of it.
    pub(crate) fn pictures() -> Self {
        let rest = ["--workspace", "--test", "suite", "--", "six_screens"];
        Self {
            stop: false,
            long: false,
            regenerates: true,
            rest: rest.map(str::to_owned).to_vec(),
        }
    }
}

/// Runs the tests; the last line sums them up.
pub(crate) async fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<ExitCode> {
    if options.stop {
        return stop_engines(workspace).await;
    }
    let count = match on_engines(workspace, options).await {
        Ok(count) => count,
        Err(error) => {
            outln!("muster: {error:#}; that counts as one failure");
            Count { passed: 0, failed: 1 }
        }
    };
    outln!("muster: {} passed, {} failed", count.passed, count.failed);
    Ok(if count.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Ends the pair that test processes start for themselves when nobody gives them one (`libs/testkit`).
async fn stop_engines(workspace: &Workspace) -> anyhow::Result<ExitCode> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.root.join("target"), PathBuf::from);
    let left = std::path::absolute(target)?.join("test-engines");
    let stopped = spawn_blocking(move || {
        let stopped = Pair::stop_running(&left);
        Pair::remove(&left).map(|()| stopped)
    })
    .await??;
    let stopped = if stopped.is_empty() {
        "nothing".to_owned()
    } else {
        stopped.join(", ")
    };
    outln!("stopped: {stopped}");
    Ok(ExitCode::SUCCESS)
}

/// Starts the engines, runs the tests, and ends everything whatever came of it.
async fn on_engines(workspace: &Workspace, options: &Options) -> anyhow::Result<Count> {
    install::require(&Package::ENGINES).await?;
    wanted(&Package::MAIL).await;
    wanted(&Package::SCRIPTS).await;
    let driver = browser::driver().await;
    workspace.claim()?;
    let _lock = DirectoryLock::now(&workspace.at("test.lock"))?;
    // From here on something is running that has to be ended.
    let mut interruption = Interruption::new()?;
    let suite = suite::of(workspace);
    run::end_left(workspace);
    suite::stop(&suite).await?;
    let mut pair = engines(workspace).await?;
    let surroundings = Surroundings {
        postgres: pair.postgres.superuser_url(),
        amqp: pair.rabbitmq.url(),
        driver,
        suite: suite.state.clone(),
        is_long: options.long,
        regenerates: options.regenerates,
    };
    let counted = tokio::select! {
        counted = tests(workspace, options, &suite, &surroundings) => counted,
        () = interruption.wait() => Err(anyhow::anyhow!("interrupted")),
    };
    let stopped = suite::stop(&suite).await;
    let directory = workspace.at("test");
    spawn_blocking(move || {
        pair.stop();
        // The log stays for whoever looks for the cause of a failure; the data, in memory perhaps, would only take room.
        let _ = Postgres::remove(&directory.join("postgres"));
    })
    .await?;
    let (mut count, succeeded) = counted?;
    stopped?;
    if !succeeded && count.failed == 0 {
        outln!("A test program did not compile or did not come to its end: it counts as one failure.");
        count.failed = 1;
    }
    Ok(count)
}

/// What some tests need: a real mail server, the client of a script. Where it cannot be had, those fail, and all others run.
async fn wanted(packages: &'static [Package]) {
    if let Err(error) = install::require(packages).await {
        outln!("muster: {error:#}");
    }
}

/// New engines: nothing of an earlier run is worth keeping, and its leftovers would fill the disk.
async fn engines(workspace: &Workspace) -> anyhow::Result<Pair> {
    let directory = workspace.at("test");
    outln!("Starting the engines of the tests in {}", directory.display());
    let pair = spawn_blocking(move || {
        let _ = Pair::remove(&directory);
        Pair::start(&directory, Durability::Careless)
    })
    .await??;
    Ok(pair)
}

/// Builds what the tests need, starts the suite when its tests are among them, and runs them.
async fn tests(
    workspace: &Workspace,
    options: &Options,
    suite: &Workspace,
    surroundings: &Surroundings,
) -> anyhow::Result<(Count, bool)> {
    let scope = Scope::of(&options.rest);
    match scope {
        Scope::Everything => build::programs_and_tests(workspace).await?,
        Scope::WithSuite => build::programs(workspace, false).await?,
        Scope::WithoutSuite => {}
    }
    if scope != Scope::WithoutSuite {
        suite::start(suite).await?;
    }
    run::cargo_test(workspace, &options.rest, surroundings).await
}
