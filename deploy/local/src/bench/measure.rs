//! The measuring process: one figure after the other, so that each has the machine to itself.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use muster_engines::ProcessId;
use tokio::time::sleep;

use super::Options;
use super::figure::{Bench, Figure};
use super::lab::Lab;
use super::memory::Memory;
use super::pgbench::Pgbench;
use super::sink::Sink;
use super::{abuse, creates, echo, edge, mail, reads, soak};
use crate::addresses::Addresses;
use crate::place::Place;
use crate::supervise::Interruption;

/// After this, a service that has just started does nothing any more.
const SETTLED: Duration = Duration::from_secs(3);

/// What is printed, and how.
#[derive(Clone, Copy, Debug)]
struct Report {
    only: Option<Bench>,
    json: bool,
    minutes: u32,
}

/// Measures the running suite until done or told to stop; everything it started ends with it.
pub(super) async fn run(place: &Place, options: &Options) -> anyhow::Result<ExitCode> {
    if cfg!(debug_assertions) {
        bail!("only an optimized build can measure: `cargo dev bench` takes one");
    }
    let own = ProcessId::own().context("this process cannot be found in /proc")?;
    let pid_file = place.pid_file("bench");
    pid_file.write(own)?;
    let mut told = Interruption::new()?;
    let ended = tokio::select! {
        ended = measure(place, Report::of(options)) => ended,
        () = told.wait() => Err(anyhow::anyhow!("interrupted")),
    };
    pid_file.remove();
    ended.map(|()| ExitCode::SUCCESS)
}

async fn measure(place: &Place, report: Report) -> anyhow::Result<()> {
    let addresses = Addresses::read(place)?;
    let (echo, echo_address) = echo::start(place).await?;
    sleep(SETTLED).await;
    report.tell(Bench::Memory, "idle");
    if !report.json {
        Figure::print_heading();
    }
    let idle = Memory::now(place, &addresses, &echo).await?;
    report.print(Bench::Memory, &idle.figures("idle"))?;

    if report.needs(Bench::Edge) {
        report.tell(Bench::Edge, "four loads of ten seconds");
        let figures = edge::measure(&Lab::open(place).await?, &echo_address).await?;
        report.print(Bench::Edge, &figures)?;
    }
    if report.needs(Bench::Abuse) {
        report.tell(
            Bench::Abuse,
            "a neighbour and eleven abuses, of five to twelve seconds",
        );
        let figures = abuse::measure(&Lab::open(place).await?, &echo_address).await?;
        report.print(Bench::Abuse, &figures)?;
    }
    if report.needs(Bench::Soak) {
        report.tell(Bench::Soak, "as long as it was told to");
        let figures = soak::measure(&Lab::open(place).await?, report.minutes).await?;
        report.print(Bench::Soak, &figures)?;
    }
    let sink = Sink::start(place, &addresses).await?;
    let lab = Arc::new(Lab::open(place).await?);
    let pgbench = if report.needs(Bench::Reads) || report.needs(Bench::Creates) {
        Some(Pgbench::prepare(place, &addresses).await?)
    } else {
        None
    };
    if let Some(pgbench) = pgbench.as_ref().filter(|_| report.needs(Bench::Reads)) {
        report.tell(Bench::Reads, "four loads of ten seconds");
        let figures = reads::measure(&lab, pgbench, &echo_address).await?;
        report.print(Bench::Reads, &figures)?;
    }
    if report.needs(Bench::Mail) {
        report.tell(Bench::Mail, "20 one by one, then 2,000");
        report.print(Bench::Mail, &mail::measure(&lab, &sink).await?)?;
    }
    // Last: it leaves thousands of mails waiting.
    if let Some(pgbench) = pgbench.as_ref().filter(|_| report.needs(Bench::Creates)) {
        report.tell(Bench::Creates, "three loads of ten seconds");
        let figures = creates::measure(&lab, pgbench).await?;
        report.print(Bench::Creates, &figures)?;
    }
    if report.needs(Bench::Memory) {
        report.tell(Bench::Memory, "after the load");
        let loaded = Memory::now(place, &addresses, &echo).await?;
        report.print(Bench::Memory, &loaded.figures("loaded"))?;
    }
    Ok(())
}

impl Report {
    fn of(options: &Options) -> Self {
        Self {
            only: options.name,
            json: options.json,
            minutes: options.minutes,
        }
    }

    /// Is it printed, or needed for what is? Memory is told after the load of all the others.
    fn needs(self, bench: Bench) -> bool {
        match self.only {
            None => bench != Bench::Soak,
            Some(Bench::Memory) => !matches!(bench, Bench::Abuse | Bench::Soak),
            Some(only) => only == bench,
        }
    }

    /// Says on standard error what goes on.
    fn tell(self, bench: Bench, what: &str) {
        eprintln!("Measuring {}: {what} …", bench.name());
    }

    fn print(self, bench: Bench, figures: &[Figure]) -> anyhow::Result<()> {
        if self.only.is_some_and(|only| only != bench) {
            return Ok(());
        }
        figures.iter().try_for_each(|figure| figure.print(self.json))
    }
}
