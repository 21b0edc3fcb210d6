//! Processes that a benchmark starts or suspends.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use muster_engines::{ProcessId, Running, tail};
use nix::sys::signal::Signal;
use tokio::net::TcpStream;
use tokio::time::sleep;

use muster_local::Workspace;

const START_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two looks at one that starts: what is measured of starts is no finer.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// A server that ends when it is dropped.
#[derive(Debug)]
pub(super) struct Server(Running);

impl Server {
    /// Starts a program and waits until it is there: the port is its own, because it was free and the program lives.
    pub(super) async fn start(
        workspace: &Workspace,
        name: &'static str,
        command: std::process::Command,
        address: &str,
    ) -> anyhow::Result<Self> {
        let listens = async || TcpStream::connect(address).await.is_ok();
        let (server, _) = Self::timed(workspace, name, command, address, listens).await?;
        Ok(server)
    }

    /// Starts a program and waits until it `is_ready`; tells how long that took. The address is one that only it listens at.
    pub(super) async fn timed(
        workspace: &Workspace,
        name: &'static str,
        command: std::process::Command,
        address: &str,
        is_ready: impl AsyncFn() -> bool,
    ) -> anyhow::Result<(Self, Duration)> {
        if TcpStream::connect(address).await.is_ok() {
            bail!("{address}, where {name} was to listen, is taken");
        }
        let log = workspace.log(name);
        let begun = Instant::now();
        let mut server = Self(Running::spawn(command, &log, workspace.pid_file(name))?);
        loop {
            let is_ready = is_ready().await;
            let took = begun.elapsed();
            if let Some(end) = server.0.ended() {
                bail!("{name} ended ({end}):\n{}", tail(&log, 5));
            }
            if is_ready {
                return Ok((server, took));
            }
            if took > START_TIMEOUT {
                bail!("{name} is not ready at {address}; see {}", log.display());
            }
            sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Which process it is.
    pub(super) fn id(&self) -> ProcessId {
        self.0.id()
    }

    /// CPU time that it and its children have taken.
    pub(super) fn cpu(&self) -> Duration {
        self.id().cpu_time()
    }

    /// Resident memory in megabytes.
    pub(super) fn memory(&self) -> anyhow::Result<f64> {
        let kilobytes = self.id().resident_kb().context("the process is gone")?;
        Ok(kilobytes as f64 / 1024.0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.id().signal(Signal::SIGCONT);
        self.0.stop(Signal::SIGTERM, STOP_TIMEOUT);
    }
}

/// A program of the suite with the settings of its own process of that service, to be told besides where to listen.
pub(super) fn service(workspace: &Workspace, name: &str) -> anyhow::Result<std::process::Command> {
    let settings = std::fs::read_to_string(workspace.at("env").join(name));
    let settings = settings.with_context(|| format!("the suite has no {name}"))?;
    let mut command = std::process::Command::new(Workspace::service(name, !cfg!(debug_assertions))?);
    for line in settings.lines() {
        if let Some((name, value)) = line.split_once('=') {
            command.env(name, value.trim_matches('\''));
        }
    }
    command.env("MUSTER_LOG_FORMAT", "json");
    Ok(command)
}

/// A process that stands still until this is dropped.
#[derive(Debug)]
pub(super) struct Suspended(ProcessId);

impl Suspended {
    /// Suspends a service of the suite.
    pub(super) fn service(workspace: &Workspace, name: &str) -> anyhow::Result<Self> {
        let service = workspace.pid_file(name).living();
        let service = service.with_context(|| format!("the {name} service does not run"))?;
        Ok(Self::new(service))
    }

    /// Suspends it.
    pub(super) fn new(process: ProcessId) -> Self {
        process.signal(Signal::SIGSTOP);
        Self(process)
    }
}

impl Drop for Suspended {
    fn drop(&mut self) {
        self.0.signal(Signal::SIGCONT);
    }
}

/// An empty directory for the files of a load generator.
pub(super) fn scratch(workspace: &Workspace, name: &str) -> anyhow::Result<PathBuf> {
    let directory = workspace.at("measuring").join(name);
    if directory.exists() {
        std::fs::remove_dir_all(&directory)?;
    }
    std::fs::create_dir_all(&directory).with_context(|| format!("cannot create {}", directory.display()))?;
    Ok(directory)
}
