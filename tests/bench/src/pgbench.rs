//! PostgreSQL's own load generator, on the suite's server and in a database of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use muster_engines::packages::Package;
use muster_engines::{Durability, Postgres};
use tokio::process::Command;
use tokio::task::spawn_blocking;
use url::Url;

use super::child::{number_after, output};
use super::latencies::{Latencies, Rate};
use super::process::scratch;
use muster_local::Addresses;
use muster_local::Workspace;

/// Of the database, and of the role that owns it.
const NAME: &str = "pgbench";
/// A million rows: they fit in memory, as ours do.
const SCALE: &str = "10";
const LIMIT: Duration = Duration::from_secs(120);
/// The tables that an invitation is a row of.
const INVITATIONS: &str = include_str!("../../../services/invitation/migrations/0002_invitations.sql");
const INSERT: &str = "INSERT INTO invitations (organization_id, invitation_id, version, state, address_given,
        address_canonical, source, inviter_person_id, generation, delivery_state, create_time, send_time, expire_time)
    SELECT '00000000-0000-7000-8000-000000000000', gen_random_uuid(), 1, 'PROSPECT', address, address, 'IMPORT',
           '00000000-0000-7000-8000-000000000000', 1, 'QUEUED', now(), now(), now()
    FROM unnest((SELECT array_agg('sheet-' || n || '@school.test') FROM generate_series(1, {rows}) AS n)) AS address";

/// What pgbench runs.
#[derive(Clone, Copy, Debug)]
pub(super) enum Script {
    /// One row by its key (`-S`).
    Read,
    /// An update, a read and an insert in a transaction (`-N`): a durable commit, as ours are.
    Write,
}

impl Script {
    /// How it is called in the table.
    pub(super) fn yardstick(self) -> &'static str {
        match self {
            Self::Read => "pgbench -S -c 16",
            Self::Write => "pgbench -N -c 16",
        }
    }

    fn flag(self) -> &'static str {
        match self {
            Self::Read => "-S",
            Self::Write => "-N",
        }
    }
}

/// A filled database.
#[derive(Debug)]
pub(super) struct Pgbench {
    program: PathBuf,
    address: Url,
    directory: PathBuf,
}

impl Pgbench {
    /// Makes and fills the database.
    pub(super) async fn prepare(workspace: &Workspace, addresses: &Addresses) -> anyhow::Result<Self> {
        let (files, log, port) = (
            workspace.at("postgres"),
            workspace.log("postgres"),
            addresses.engines.postgres,
        );
        let address = spawn_blocking(move || {
            // It runs already.
            Postgres::start(&files, &log, port, Durability::Durable)?.create_service(NAME)
        })
        .await??;
        let server = Package::PostgreSql
            .program()
            .context("PostgreSQL is not installed")?;
        let pgbench = Self {
            program: server.join("pgbench"),
            address: Url::parse(&address)?,
            directory: scratch(workspace, NAME)?,
        };
        let mut filling = pgbench.command();
        // A service's role may not take as long as filling takes.
        filling
            .env("PGOPTIONS", "-c statement_timeout=0 -c lock_timeout=0")
            .args(["-i", "-q", "-s", SCALE]);
        output(filling, LIMIT).await?;
        Ok(pgbench)
    }

    /// Runs a script for ten seconds with 16 connections.
    pub(super) async fn run(&self, script: Script) -> anyhow::Result<Rate> {
        for old in fs::read_dir(&self.directory)?.flatten() {
            fs::remove_file(old.path())?;
        }
        let mut command = self.command();
        command
            .args([script.flag(), "-c", "16", "-j", "2", "-T", "10", "-n"])
            .args(["--log", "--sampling-rate=0.2"]);
        let printed = output(command, LIMIT).await?;
        let per_second = number_after(&printed, "tps =")
            .with_context(|| format!("pgbench printed no rate:\n{printed}"))?;
        Ok(Rate {
            per_second,
            latencies: Latencies::of(read_times(&self.directory)?),
        })
    }

    /// Rows a second that one statement inserts into an empty table of invitations.
    pub(super) async fn inserted_per_second(&self, rows: u32) -> anyhow::Result<f64> {
        let mut command = self.environment(self.program.with_file_name("psql"));
        command
            .env(
                "PGOPTIONS",
                "-c client_min_messages=warning -c statement_timeout=0 -c lock_timeout=0",
            )
            .args([
                "-X",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                "-c",
                "DROP TABLE IF EXISTS invitation_groups, invitations, message_counts",
                "-c",
                INVITATIONS,
                "-c",
                "\\timing on",
            ])
            .args(["-c", &INSERT.replace("{rows}", &rows.to_string())]);
        let printed = output(command, LIMIT).await?;
        let millis =
            number_after(&printed, "Time:").with_context(|| format!("psql printed no time:\n{printed}"))?;
        Ok(f64::from(rows) / millis * 1000.0)
    }

    fn command(&self) -> Command {
        self.environment(self.program.clone())
    }

    /// Set by the environment: a password is not for the list of processes.
    fn environment(&self, program: PathBuf) -> Command {
        let mut command = Command::new(program);
        command
            .env("PGHOST", self.address.host_str().unwrap_or_default())
            .env("PGPORT", self.address.port().unwrap_or_default().to_string())
            .env("PGUSER", self.address.username())
            .env("PGPASSWORD", self.address.password().unwrap_or_default())
            .env("PGDATABASE", NAME)
            .current_dir(&self.directory);
        command
    }
}

/// The third column of every log: microseconds.
fn read_times(directory: &Path) -> anyhow::Result<Vec<u64>> {
    let mut times = Vec::new();
    for log in fs::read_dir(directory)?.flatten() {
        let text = fs::read_to_string(log.path())?;
        let third = |line: &str| -> Option<u64> { line.split(' ').nth(2)?.parse().ok() };
        times.extend(text.lines().filter_map(third));
    }
    Ok(times)
}
