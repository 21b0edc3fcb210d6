//! Whether the suite keeps its promises while everything around it breaks: the program of `cargo dev prove`.
//!
//! It works a running suite through its edge, as many people at once, and kills, freezes, restarts, takes away and cuts off every part
//! of it meanwhile. What was answered stands in a [`ledger`]. When nothing is on its way any more, it looks from outside (the
//! edge, the databases, the queues, the inbox) whether everything that was answered is so, once, and nothing besides.
//!
//! With `--rolling` it harms nothing: it restarts every process as a cluster does when a release is rolled out, and no call may fail;
//! with `--k6` none of another program's either.
//!
//! With a program after `--` it harms nothing by itself: that program does, and what callers felt meanwhile is told.
//!
//! What it can find is shown by what it is made to find: with `--damage` it looks again after each deliberate damage.

mod audit;
mod damage;
mod deck;
mod end;
mod k6;
mod ledger;
mod mail;
mod others;
mod place;
mod queues;
mod reads;
mod report;
mod rolling;
mod settle;
mod trouble;
mod wire;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use muster_local::{Workspace, outln, output};
use tokio::time::Instant;

use self::audit::Finding;
use self::damage::{Damage, Victims};
use self::end::End;
use self::ledger::Ledger;
use self::place::Place;
use self::wire::Wire;

/// Works a suite, harms it, and looks what became of everything; the exit status tells.
#[derive(Debug, Parser)]
#[command(name = "muster-prove", version)]
struct Arguments {
    /// The directory of the suite [default: .dev in the workspace]
    #[arg(long, value_name = "DIRECTORY")]
    dir: Option<PathBuf>,
    /// How long it is worked and harmed; 0: a few calls, and no harm
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,
    /// Harm nothing: restart every process of every service so many times, one after the other, and let no call fail
    #[arg(long, value_name = "ROUNDS", conflicts_with_all = ["seconds", "damage"])]
    rolling: Option<u32>,
    /// The suite runs the programs of this folder: roll out those that were built last, then back, and so on
    #[arg(long, value_name = "FOLDER", requires = "rolling")]
    from: Option<PathBuf>,
    /// Let k6, a program of others, call at a steady rate meanwhile; none of its calls may fail either
    #[arg(long, requires = "rolling")]
    k6: bool,
    /// After looking, do these one after the other, and look again after each: each has to be found
    #[arg(long, value_enum, value_name = "KIND", value_delimiter = ',')]
    damage: Vec<Damage>,
    /// Harm nothing: work as long as this program runs, and count each line that it prints as something it did
    #[arg(last = true, value_name = "PROGRAM", conflicts_with_all = ["seconds", "rolling", "damage"])]
    by: Vec<OsString>,
}

#[tokio::main]
async fn main() -> ExitCode {
    output::exit_code(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::find(arguments.dir)?;
    let mut place = Place::open(&workspace).await?;
    if let Some(rounds) = arguments.rolling {
        return rolling::prove(&place, rounds, arguments.from.as_deref(), arguments.k6).await;
    }
    if let Some((program, its)) = arguments.by.split_first() {
        return others::prove(&place, program, its).await;
    }
    let wire = Wire::to(&place.addresses.gateway).await?;
    place.edge.clone_from(&wire.address);
    outln!(
        "{} is worked through the edge for {} s, while every part of the suite is harmed …",
        place.organization,
        arguments.seconds
    );
    let end = End::at(Instant::now() + Duration::from_secs(arguments.seconds));
    let parked_before = queues::parked(&place).await?;
    let (mut ledger, harm) = tokio::try_join!(work::run(&place, &end), trouble::run(&place, &wire, &end))?;
    outln!("The suite is left alone until nothing is on its way …");
    settle::wait(&place).await?;
    let findings = audit::run(&place, &ledger, &parked_before).await?;
    let code = report::print(&ledger, &harm, &findings);
    // Where something is wrong already, nobody could say by what it was found.
    if arguments.damage.is_empty() || findings.iter().any(|finding| !finding.problems.is_empty()) {
        return Ok(code);
    }
    damaged(&place, &mut ledger, &parked_before, &arguments.damage).await
}

/// Does one damage after the other, and looks after each what is found that was not there before; success when something was, each time.
async fn damaged(
    place: &Place,
    ledger: &mut Ledger,
    parked_before: &BTreeMap<&'static str, u32>,
    damages: &[Damage],
) -> anyhow::Result<ExitCode> {
    outln!("\nDamage on purpose");
    let (mut victims, mut known, mut code) = (Victims::default(), BTreeSet::new(), ExitCode::SUCCESS);
    for damage in damages {
        damage
            .inflict(place, ledger, &mut victims)
            .await
            .with_context(|| format!("{} cannot be done", damage.name()))?;
        let problems = problems(audit::run(place, ledger, parked_before).await?);
        let new: BTreeSet<_> = problems.difference(&known).cloned().collect();
        if !report::print_damage(&damage.name(), &new) {
            code = ExitCode::FAILURE;
        }
        known = problems;
    }
    Ok(code)
}

/// Each promise with each problem that breaks it.
fn problems(findings: Vec<Finding>) -> BTreeSet<(&'static str, String)> {
    let of = |finding: Finding| {
        let problems = finding.problems.into_iter();
        problems.map(move |problem| (finding.promise, problem))
    };
    findings.into_iter().flat_map(of).collect()
}
