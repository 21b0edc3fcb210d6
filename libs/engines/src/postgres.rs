//! A private PostgreSQL: its own data directory, one TCP port on loopback, passwords in files.

mod cluster;
mod home;
mod programs;
mod roles;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::process::{PidFile, Running, tail};
use crate::{EngineError, secret};

const START_TIMEOUT: Duration = Duration::from_secs(60);
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// What a crash of the machine may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Every commit is on the disk before it is answered.
    Durable,
    /// Commits survive the death of any process, but not of the machine: for tests. The data is in memory where there is room.
    Careless,
}

/// A running server.
#[derive(Debug)]
pub struct Postgres {
    directory: PathBuf,
    binaries: PathBuf,
    port: u16,
    password: String,
    running: Running,
    log: PathBuf,
}

impl Postgres {
    /// Starts the server whose files are in `directory`, or finds it running; makes it first when there is none.
    ///
    /// # Errors
    /// [`EngineError`] with the end of the log when it does not come up.
    pub fn start(
        directory: &Path,
        log: &Path,
        port: u16,
        durability: Durability,
    ) -> Result<Self, EngineError> {
        let password = secret(&directory.join("superuser"))?;
        let cluster = cluster::Cluster::at(directory, durability)?;
        let binaries = cluster.binaries().to_path_buf();
        cluster.make(&password)?;
        let running = match cluster.find(port)? {
            Some(running) => running,
            None => cluster.spawn(log, port)?,
        };
        let mut server = Self {
            directory: directory.to_path_buf(),
            binaries,
            port,
            password,
            running,
            log: log.to_path_buf(),
        };
        server.wait_ready(&cluster)?;
        Ok(server)
    }

    /// The server of `directory`, if it runs, to be stopped.
    #[must_use]
    pub fn find_running(directory: &Path) -> Option<Running> {
        Running::find(PidFile::at(directory.join("pid")))
    }

    /// Where the superuser connects.
    #[must_use]
    pub fn superuser_url(&self) -> String {
        format!(
            "postgres://postgres:{}@127.0.0.1:{}/postgres",
            self.password, self.port
        )
    }

    /// Forgets a server that does not run: its data, wherever that is, and all other files in `directory`.
    ///
    /// # Errors
    /// [`EngineError::File`] for what cannot be removed.
    pub fn remove(directory: &Path) -> Result<(), EngineError> {
        home::Home::remove(directory)
    }

    /// The port on loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process, to watch it.
    pub fn running(&mut self) -> &mut Running {
        &mut self.running
    }

    /// Ends it cleanly; open connections are cut, their transactions rolled back.
    pub fn stop(&mut self) {
        Self::stop_running(&mut self.running);
    }

    /// Only the process, for those who watch it themselves.
    #[must_use]
    pub fn into_running(self) -> Running {
        self.running
    }

    /// Ends a server cleanly: SIGINT is PostgreSQL's "fast" shutdown.
    pub fn stop_running(running: &mut Running) {
        running.stop(Signal::SIGINT, STOP_TIMEOUT);
    }

    fn wait_ready(&mut self, cluster: &cluster::Cluster) -> Result<(), EngineError> {
        let deadline = Instant::now() + START_TIMEOUT;
        loop {
            if self.psql("select 1").is_ok() {
                return Ok(());
            }
            let late = Instant::now() >= deadline;
            let reason = match self.running.ended() {
                Some(how) => how,
                None if late => format!("silent for {} s", START_TIMEOUT.as_secs()),
                None => {
                    thread::sleep(Duration::from_millis(50));
                    continue;
                }
            };
            let tail = tail(&self.log, 8);
            // After a kill, children of the old server may hold its memory for a moment longer.
            if tail.contains("shared memory block") && !late {
                thread::sleep(Duration::from_millis(300));
                self.running = cluster.spawn(&self.log, self.port)?;
                continue;
            }
            return Err(EngineError::NotStarted {
                engine: "PostgreSQL",
                reason,
                log: self.log.clone(),
                tail,
            });
        }
    }

    fn psql_command(&self) -> Command {
        let mut command = Command::new(self.binaries.join("psql"));
        command
            .env_clear()
            .env("PGPASSWORD", &self.password)
            .env("PGCONNECT_TIMEOUT", "5")
            .args([
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                "127.0.0.1",
                "-U",
                "postgres",
            ])
            .args(["-p", &self.port.to_string(), "-d", "postgres"]);
        command
    }
}
