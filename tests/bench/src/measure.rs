//! The measuring process: one figure after the other, so that each has the machine to itself.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use muster_engines::ProcessId;
use muster_local::bench::{Bench, Options};
use muster_local::{Addresses, Interruption, Workspace};
use tokio::time::sleep;

use super::figure::Figure;
use super::fixture::Fixture;
use super::invitations::{Measured, Part};
use super::memory::Memory;
use super::pgbench::Pgbench;
use super::sink::Sink;
use super::{abuse, creates, echo, edge, growth, imports, mail, reads, registry, soak, starts};

/// After this, a service that has just started does nothing any more.
const SETTLED: Duration = Duration::from_secs(3);
const CREATES: &str = "four loads of ten seconds, one with 1,000 watchers";

/// What is printed, and how.
#[derive(Clone, Copy, Debug)]
struct Report<'a> {
    options: &'a Options,
    only: Option<Bench>,
    json: bool,
}

/// Measures the running suite until done or interrupted; everything it started ends with it.
pub(super) async fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<ExitCode> {
    if cfg!(debug_assertions) {
        if options.rows.is_none() {
            bail!("only an optimized build can measure: `cargo dev bench` takes one");
        }
        eprintln!(
            "This build is not optimized: what it prints says that everything can be measured, and nothing else."
        );
    }
    let own = ProcessId::own().context("this process cannot be found in /proc")?;
    let pid_file = workspace.pid_file("bench");
    pid_file.write(own)?;
    let mut interruption = Interruption::new()?;
    let ended = tokio::select! {
        ended = measure(workspace, Report::of(options)) => ended,
        () = interruption.wait() => Err(anyhow::anyhow!("interrupted")),
    };
    pid_file.remove();
    ended.map(|()| ExitCode::SUCCESS)
}

async fn measure(workspace: &Workspace, report: Report<'_>) -> anyhow::Result<()> {
    let addresses = Addresses::read(workspace)?;
    let (echo, echo_address) = echo::start(workspace).await?;
    sleep(SETTLED).await;
    report.announce(Bench::Memory, "idle");
    if !report.json {
        Figure::print_heading();
    }
    let idle = Memory::now(workspace, &addresses, &echo).await?;
    report.print(Bench::Memory, &idle.figures("idle"))?;

    if report.needs(Bench::Start) {
        report.announce(Bench::Start, "one process more of each service, five times");
        report.print(Bench::Start, &starts::measure(workspace).await?)?;
    }
    if report.needs(Bench::Edge) {
        report.announce(Bench::Edge, "four loads of ten seconds");
        let figures = edge::measure(&Fixture::open(workspace).await?, &echo_address).await?;
        report.print(Bench::Edge, &figures)?;
    }
    if report.needs(Bench::Abuse) {
        report.announce(
            Bench::Abuse,
            "a neighbour and eleven abuses, of five to twelve seconds",
        );
        let figures = abuse::measure(&Fixture::open(workspace).await?, &echo_address).await?;
        report.print(Bench::Abuse, &figures)?;
    }
    if report.needs(Bench::Soak) {
        report.announce(Bench::Soak, "for as long as --minutes says");
        let figures = soak::measure(&Fixture::open(workspace).await?, report.options.minutes).await?;
        report.print(Bench::Soak, &figures)?;
    }
    if report.needs(Bench::Registry) {
        measure_registry(workspace, report, &echo_address).await?;
    }
    let sink = Sink::start(workspace, &addresses).await?;
    let fixture = Arc::new(Fixture::open(workspace).await?);
    let beside_pgbench = [
        Bench::Reads,
        Bench::Imports,
        Bench::Creates,
        Bench::Invitations,
        Bench::Growth,
    ];
    let pgbench = if beside_pgbench.map(|bench| report.needs(bench)).contains(&true) {
        Some(Pgbench::prepare(workspace, &addresses).await?)
    } else {
        None
    };
    if let Some(pgbench) = pgbench.as_ref().filter(|_| report.needs(Bench::Reads)) {
        report.announce(Bench::Reads, "four loads of ten seconds");
        let figures = reads::measure(&fixture, pgbench, &echo_address).await?;
        report.print(Bench::Reads, &figures)?;
    }
    if report.needs(Bench::Mail) {
        report.announce(Bench::Mail, "20 one by one, then 2,000");
        report.print(Bench::Mail, &mail::measure(&fixture, &sink).await?)?;
    }
    // The last two leave thousands of mails waiting.
    if let Some(pgbench) = pgbench.as_ref().filter(|_| report.needs(Bench::Imports)) {
        report.announce(Bench::Imports, "three spreadsheets of 20,000 rows");
        let figures = imports::measure(&fixture, pgbench).await?;
        report.print(Bench::Imports, &figures)?;
    }
    if let Some(pgbench) = pgbench.as_ref().filter(|_| report.needs(Bench::Creates)) {
        report.announce(Bench::Creates, CREATES);
        let figures = creates::measure(&fixture, pgbench).await?;
        report.print(Bench::Creates, &figures)?;
    }
    if let Some(pgbench) = pgbench.as_ref().filter(|_| report.needs(Bench::Invitations)) {
        measure_invitations(report, &fixture, pgbench).await?;
    }
    if let Some(pgbench) = pgbench.as_ref().filter(|_| report.needs(Bench::Growth)) {
        measure_growth(report, &fixture, pgbench).await?;
    }
    if report.needs(Bench::Memory) {
        report.announce(Bench::Memory, "after the load");
        let loaded = Memory::now(workspace, &addresses, &echo).await?;
        report.print(Bench::Memory, &loaded.figures("loaded"))?;
    }
    Ok(())
}

/// Each part is printed when it is done: all of them take minutes.
async fn measure_registry(workspace: &Workspace, report: Report<'_>, echo: &str) -> anyhow::Result<()> {
    let fixture = Fixture::open(workspace).await?;
    let bench = Bench::Registry;
    report.announce(
        bench,
        "three loads of 100,000 programmes, and 1,200 searches among them",
    );
    report.print(bench, &registry::programmes(&fixture).await?)?;
    report.announce(bench, "roles at the edge");
    report.print(bench, &registry::roles(&fixture, echo).await?)?;
    report.announce(bench, "an organization of 10,000");
    report.print(bench, &registry::staff(&fixture).await?)?;
    Ok(())
}

/// Each part is printed when it is done, as above.
async fn measure_invitations(
    report: Report<'_>,
    fixture: &Arc<Fixture>,
    pgbench: &Pgbench,
) -> anyhow::Result<()> {
    let bench = Bench::Invitations;
    let rows = report.options.rows_of(bench);
    let measured = Measured::new(fixture, pgbench, rows).await?;
    for part in Part::ALL {
        report.announce(bench, &part.announced(rows));
        report.print(bench, &part.measure(&measured).await?)?;
    }
    report.announce(bench, CREATES);
    report.print(bench, &creates::measure(fixture, pgbench).await?)?;
    Ok(())
}

/// Each part is printed when it is done, as above.
async fn measure_growth(report: Report<'_>, fixture: &Arc<Fixture>, pgbench: &Pgbench) -> anyhow::Result<()> {
    let bench = Bench::Growth;
    let rows = report.options.rows_of(bench);
    let measured = Measured::new(fixture, pgbench, rows).await?;
    for part in growth::Part::ALL {
        report.announce(bench, &part.announced(rows));
        report.print(bench, &part.measure(&measured).await?)?;
    }
    Ok(())
}

impl<'a> Report<'a> {
    fn of(options: &'a Options) -> Self {
        Self {
            options,
            only: options.name,
            json: options.json,
        }
    }

    /// Is it printed, or needed for what is? Memory is measured after the load of all the others.
    fn needs(self, bench: Bench) -> bool {
        match self.only {
            None => !matches!(
                bench,
                Bench::Soak | Bench::Registry | Bench::Invitations | Bench::Growth
            ),
            Some(Bench::Memory) => !matches!(
                bench,
                Bench::Start
                    | Bench::Abuse
                    | Bench::Imports
                    | Bench::Invitations
                    | Bench::Soak
                    | Bench::Registry
                    | Bench::Growth
            ),
            Some(only) => only == bench,
        }
    }

    /// Says on standard error what is measured now.
    fn announce(self, bench: Bench, what: &str) {
        eprintln!("Measuring {}: {what} …", bench.name());
    }

    fn print(self, bench: Bench, figures: &[Figure]) -> anyhow::Result<()> {
        if self.only.is_some_and(|only| only != bench) {
            return Ok(());
        }
        figures.iter().try_for_each(|figure| figure.print(self.json))
    }
}
