//! The commands and their options.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::tools::Tool;
use crate::workspace::Workspace;
use crate::{bench, down, logs, prove, status, story, test, token, up};

/// Runs Muster on this machine: six services, private PostgreSQL and RabbitMQ, a mail inbox, a trace page and an issuer.
#[derive(Debug, Parser)]
#[command(name = "cargo dev", bin_name = "cargo dev", version, max_term_width = 110)]
pub(crate) struct Arguments {
    /// Where data, keys, logs and mail are kept [default: .dev in the workspace]. Two directories are two suites.
    #[arg(long, global = true, env = "MUSTER_DEV_DIR", value_name = "DIRECTORY")]
    dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Builds and starts everything, runs the story once, and stays until Ctrl-C
    Up(up::Options),
    /// Stops what `up` started, and nothing else
    Down,
    /// Tells what runs: process, memory, address, health
    Status(status::Options),
    /// Runs a story on the running suite, with times and links
    Story(story::Options),
    /// Prints the logs of one part or of all
    Logs(logs::Options),
    /// Prints a token to call the gateway with
    Token(token::Options),
    /// Runs every test on an engine pair of its own
    Test(test::Options),
    /// Takes the pictures of what an invitee sees (`docs/invitee`), of the real pages in a real browser
    Pictures,
    /// Measures a suite of its own, each figure beside its yardstick
    Bench(bench::Options),
    /// Works a suite of its own while killing every part of it, and looks what became of everything
    Prove(prove::Options),
    /// One of the small servers, run by `up` and `bench`
    #[command(hide = true)]
    Tool {
        /// Which one.
        tool: Tool,
    },
}

/// Runs the command.
pub(crate) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let workspace = Workspace::find(arguments.dir)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        match arguments.command {
            Command::Up(options) => up::run(workspace, options).await,
            Command::Down => down::run(&workspace),
            Command::Status(options) => status::run(&workspace, &options).await,
            Command::Story(options) => story::run(&workspace, options).await,
            Command::Logs(options) => logs::run(&workspace, &options).await,
            Command::Token(options) => token::run(&workspace, &options),
            Command::Test(options) => test::run(&workspace, &options).await,
            Command::Pictures => test::run(&workspace, &test::Options::pictures()).await,
            Command::Bench(options) => bench::run(&workspace, &options).await,
            Command::Prove(options) => prove::run(&workspace, &options).await,
            Command::Tool { tool } => tool.run(workspace).await,
        }
    })
}
