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
        if TcpStream::connect(address).await.is_ok() {
            bail!("{address}, where {name} was to listen, is taken");
        }
        let log = workspace.log(name);
        let mut server = Self(Running::spawn(command, &log, workspace.pid_file(name))?);
        let begun = Instant::now();
        loop {
            let is_there = TcpStream::connect(address).await.is_ok();
            if let Some(end) = server.0.ended() {
                bail!("{name} ended ({end}):\n{}", tail(&log, 5));
            }
            if is_there {
                return Ok(server);
            }
            if begun.elapsed() > START_TIMEOUT {
                bail!("{name} does not listen on {address}; see {}", log.display());
            }
            sleep(Duration::from_millis(20)).await;
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
