//! Postfix's test programs: a mail server that takes everything and keeps nothing, and a client that sends.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context;
use muster_engines::packages::Package;
use nix::unistd::geteuid;
use tokio::process::Command;

use super::child::output;
use super::process::Server;
use muster_local::Addresses;
use muster_local::Workspace;

/// About the size of an invitation.
const MESSAGE_BYTES: &str = "2000";
const LIMIT: Duration = Duration::from_secs(60);
/// The median of so many runs: each is short.
const RUNS: usize = 5;

/// A running `smtp-sink` in the place of the suite's mail server.
#[derive(Debug)]
pub(super) struct Sink {
    pub(super) server: Server,
    address: String,
}

impl Sink {
    /// Starts it where the notification service sends mail to.
    pub(super) async fn start(workspace: &Workspace, addresses: &Addresses) -> anyhow::Result<Self> {
        let mut command = std::process::Command::new(program("smtp-sink")?);
        if geteuid().is_root() {
            // It refuses to be root.
            command.args(["-u", "nobody"]);
        }
        command.arg(&addresses.smtp).arg("256");
        let server = Server::start(workspace, "smtp-sink", command, &addresses.smtp).await?;
        Ok(Self {
            server,
            address: addresses.smtp.clone(),
        })
    }

    /// How long `smtp-source` takes for so many messages over so many connections, which it keeps, as our worker does.
    pub(super) async fn time_of_source(&self, messages: u32, sessions: u32) -> anyhow::Result<Duration> {
        let mut times = Vec::with_capacity(RUNS);
        for _ in 0..RUNS {
            let mut command = Command::new(program("smtp-source")?);
            command
                .args(["-d", "-m", &messages.to_string(), "-s", &sessions.to_string()])
                .args([
                    "-l",
                    MESSAGE_BYTES,
                    "-f",
                    "from@school.test",
                    "-t",
                    "to@school.test",
                ])
                .arg(&self.address);
            let begun = Instant::now();
            output(command, LIMIT).await?;
            times.push(begun.elapsed());
        }
        times.sort();
        times.get(RUNS / 2).copied().context("smtp-source did not run")
    }
}

/// One of Postfix's programs.
fn program(name: &str) -> anyhow::Result<PathBuf> {
    let source = Package::Postfix.program().context("Postfix is not installed")?;
    Ok(source.with_file_name(name))
}
