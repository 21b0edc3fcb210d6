//! What the suite does in a second, and what it takes: the measuring program of `cargo dev bench`.
//!
//! `cargo dev bench` builds it optimized, starts a suite for it, and takes that down afterwards. Beside measuring, this program
//! is the two servers and clients that measuring needs as processes of their own: the bare echo, and the abuser.

mod abuse;
mod checks;
mod child;
mod creates;
mod database;
mod echo;
mod edge;
mod figure;
mod fixture;
mod growth;
mod h2load;
mod imports;
mod invitations;
mod latencies;
mod load;
mod mail;
mod measure;
mod memory;
mod paging;
mod pairs;
mod peak;
mod pgbench;
mod polling;
mod process;
mod proxies;
mod reads;
mod registry;
mod sink;
mod soak;
mod starts;
mod steady;
mod watchers;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use muster_local::bench::Options;
use muster_local::{Workspace, output};

/// Measures a suite that runs; `cargo dev bench` does everything around it.
#[derive(Debug, Parser)]
#[command(name = "muster-bench", version)]
struct Arguments {
    /// The directory of the suite [default: .dev in the workspace]
    #[arg(long, global = true, value_name = "DIRECTORY")]
    dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures and prints
    Measure(Options),
    /// Serves the yardstick: gRPC with nothing behind it
    Echo {
        /// Where it listens, as host and port
        address: String,
    },
    /// Does to a gateway what standard input says
    Abuser,
}

#[tokio::main]
async fn main() -> ExitCode {
    output::exit_code(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::find(arguments.dir)?;
    match arguments.command {
        Command::Measure(options) => return measure::run(&workspace, &options).await,
        Command::Echo { address } => echo::serve(&address).await?,
        Command::Abuser => abuse::abuser().await?,
    }
    Ok(ExitCode::SUCCESS)
}
