//! The stories (`cargo dev story`, `cargo dev story registry`, `cargo dev story training`): one run each through the whole suite
//! from outside, each step with what happened, where to look, and its time.
//!
//! It uses only what a customer has: public RPCs and pages, and tokens that people get by signing in at the issuer.

mod browser;
mod consent;
mod diagnosis;
mod expect;
mod guide;
mod invite;
mod join;
mod mail;
mod organization;
mod provider;
mod reachable;
mod registry;
mod report;
mod scenario;
mod setup;
mod sign_in;
mod spreadsheet;
mod trace;

use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};
use muster_local::{Addresses, Workspace, outln, output};

use self::browser::Browser;
use self::report::StepReport;
use self::scenario::Scenario;

/// Runs the story on a suite that `cargo dev up` has started; the exit status tells.
#[derive(Debug, Parser)]
#[command(name = "muster-story", version)]
struct Arguments {
    /// The directory of the suite [default: .dev in the workspace]
    #[arg(long, value_name = "DIRECTORY")]
    dir: Option<PathBuf>,
    /// Which story is told
    #[arg(value_enum, default_value_t, value_name = "STORY")]
    story: Story,
}

/// What is told.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Story {
    /// From an empty organization to a certificate
    #[default]
    Main,
    /// The registry's guide, in its order
    Registry,
    /// The training provider's article, in its order
    Training,
}

#[tokio::main]
async fn main() -> ExitCode {
    output::exit_code(run(Arguments::parse()).await)
}

/// Runs to the end, or to the first step that fails.
async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::find(arguments.dir)?;
    let mut scenario = Scenario::new(&workspace)?;
    let started = Instant::now();
    let told = match arguments.story {
        Story::Main => steps(&mut scenario).await,
        Story::Registry => guide::steps(&mut scenario).await,
        Story::Training => provider::steps(&mut scenario).await,
    };
    match told {
        Ok(pages) => {
            let took = started.elapsed().as_secs_f64();
            outln!("The story is told: {took:.1} s. Each of its {pages} pages opens.");
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            diagnosis::explain(&workspace, &scenario, &error).await;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Every step in its turn; answers how many pages there are to look at.
async fn steps(scenario: &mut Scenario) -> anyhow::Result<usize> {
    reachable::check(scenario).await?;
    outln!("The edge answers, and the pages of the issuer, the inbox and the traces open.\n");
    let mut pages = Pages::of(scenario);
    macro_rules! steps {
        ($($number:literal $module:ident of $part:literal;)+) => {$(
            step(&mut pages, $number, $module::TITLE, $part, $module::run(scenario)).await?;
        )+};
    }
    steps! {
        0 registry of "records";
        1 organization of "organization";
        2 setup of "organization";
        3 invite of "invitation";
        4 mail of "notification";
        5 join of "employment";
        6 consent of "records";
        7 trace of "traces";
    }
    Ok(pages.opened)
}

/// The pages that a story has shown.
struct Pages {
    addresses: Addresses,
    opened: usize,
}

impl Pages {
    fn of(scenario: &Scenario) -> Self {
        Self {
            addresses: scenario.addresses.clone(),
            opened: 0,
        }
    }

    /// One that was shown opens. Spans come in batches: the page of a trace may be a moment late.
    async fn open(&mut self, page: &str) -> anyhow::Result<()> {
        let limit = Duration::from_secs(30);
        let started = Instant::now();
        loop {
            match Browser::open(&self.addresses, page).await {
                Ok(_) => break,
                Err(error) if started.elapsed() > limit => return Err(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        self.opened += 1;
        Ok(())
    }
}

/// Runs one step, prints what to look at, and opens it: at once, because of traces only the latest are kept, and others may make more of
/// them. A failure that says no more is the `part`'s.
async fn step(
    pages: &mut Pages,
    number: usize,
    title: &str,
    part: &str,
    running: impl Future<Output = anyhow::Result<StepReport>>,
) -> anyhow::Result<()> {
    outln!("{number}. {title}");
    let started = Instant::now();
    let report = running.await.map_err(|error| diagnosis::known(error, part))?;
    let took = started.elapsed().as_secs_f64();
    for line in report.lines {
        outln!("   {line}");
    }
    for (what, url) in &report.pages {
        outln!("   → {what:32} {url}");
    }
    outln!("   took {took:.2} s\n");
    for (_, url) in &report.pages {
        pages.open(url).await?;
    }
    Ok(())
}
