//! `cargo dev bench`: figures of a suite of its own, each beside a yardstick of the same run.
//!
//! This process starts the suite in `.dev/bench`, lets the optimized build of this same program measure it, and takes
//! everything down, whatever came of it.

pub(crate) mod abuse;
mod checks;
mod child;
mod creates;
pub(crate) mod echo;
mod edge;
mod figure;
mod h2load;
mod lab;
mod load;
mod mail;
mod measure;
mod memory;
mod pgbench;
mod process;
mod proxies;
mod reads;
mod sink;
mod soak;
mod spread;
mod steady;
mod suite;
mod waiting;

use std::fs;
use std::process::ExitCode;

use clap::Args;
use muster_engines::DirectoryLock;
use muster_engines::packages::Package;

use self::figure::Bench;
use self::suite::{bring_up, measure_inside, take_down};
use crate::install;
use crate::place::Place;
use crate::supervise::Interruption;

/// What to measure, and how to print it.
#[derive(Debug, Args)]
#[command(
    after_help = "It takes about nine minutes, and for the first time ten more to build. The load generators and the \
                  whole suite share this machine: compare ratios, not figures, between machines."
)]
pub(crate) struct Options {
    /// Only these figures [default: all]
    name: Option<Bench>,
    /// One JSON object a line: name, value, unit, yardstick, yardstick_value, ratio, and a note where there is more to tell
    #[arg(long)]
    json: bool,
    /// How long `soak` takes
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1440))]
    minutes: u32,
    /// Measure the suite that runs; only the optimized build does
    #[arg(long, hide = true)]
    inside: bool,
}

/// Measures and prints.
pub(crate) async fn run(place: &Place, options: &Options) -> anyhow::Result<ExitCode> {
    if options.inside {
        return measure::run(place, options).await;
    }
    install::require(&Package::BENCH).await?;
    let suite = place.inner("bench");
    fs::create_dir_all(&suite.state)?;
    let _lock = DirectoryLock::now(&place.at("bench.lock"))?;
    let mut told = Interruption::new()?;
    // Left by one that was killed.
    take_down(&suite).await?;
    let ended = tokio::select! {
        ended = measured(&suite, options) => ended,
        () = told.wait() => Err(anyhow::anyhow!("interrupted")),
    };
    eprintln!("Taking the suite down …");
    take_down(&suite).await?;
    ended.map(|()| ExitCode::SUCCESS)
}

async fn measured(suite: &Place, options: &Options) -> anyhow::Result<()> {
    bring_up(suite, options.json).await?;
    measure_inside(suite, options).await
}
