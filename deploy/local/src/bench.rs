//! `cargo dev bench`: figures of a suite of its own, each beside a yardstick of the same run.
//!
//! This process starts the suite in `.dev/bench`, lets the optimized program of `tests/bench` measure it, and takes
//! everything down, whatever came of it.

mod groups;
mod suite;

use std::fs;
use std::process::ExitCode;

use clap::Args;
use muster_engines::DirectoryLock;
use muster_engines::packages::Package;

pub use self::groups::Bench;
use self::suite::{bring_up, measure, take_down};
use crate::install;
use crate::supervise::Interruption;
use crate::workspace::Workspace;

/// Of what grows, unless fewer are asked for.
const ROWS: u32 = 1_000_000;

/// What to measure, and how to print it.
#[derive(Debug, Args)]
#[command(
    after_help = "It takes about nine minutes, and for the first time ten more to build. The load generators and the \
                  whole suite share this machine: compare ratios, not figures, between machines."
)]
pub struct Options {
    /// Only these figures [default: all]
    pub name: Option<Bench>,
    /// One JSON object a line: name, value, unit, yardstick, yardstick_value, ratio, and a note where there is more to tell
    #[arg(long)]
    pub json: bool,
    /// How long `soak` takes
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1440))]
    pub minutes: u32,
    /// At most so many rows: of the spreadsheets of `invitations` (100,000, as many learners, and ten times as many in its list), and of what
    /// `growth` measures (1,000,000). Fewer only show that it works
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(100..=i64::from(ROWS)))]
    pub rows: Option<u32>,
}

impl Options {
    /// How many rows this bench has.
    #[must_use]
    pub fn rows_of(&self, bench: Bench) -> u32 {
        let most = match bench {
            Bench::Growth => ROWS,
            _ => ROWS / 10,
        };
        self.rows.unwrap_or(most).min(most)
    }
}

/// Measures and prints.
pub(crate) async fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<ExitCode> {
    install::require(&Package::BENCH).await?;
    let suite = workspace.inner("bench");
    fs::create_dir_all(&suite.state)?;
    let _lock = DirectoryLock::now(&workspace.at("bench.lock"))?;
    let mut interruption = Interruption::new()?;
    // Left by one that was killed.
    take_down(&suite).await?;
    let ended = tokio::select! {
        ended = measured(&suite, options) => ended,
        () = interruption.wait() => Err(anyhow::anyhow!("interrupted")),
    };
    eprintln!("Taking the suite down …");
    take_down(&suite).await?;
    ended.map(|()| ExitCode::SUCCESS)
}

async fn measured(suite: &Workspace, options: &Options) -> anyhow::Result<()> {
    bring_up(suite, options.json).await?;
    measure(suite, options).await
}
