//! What a part is, how it starts and how it ends.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use muster_engines::{Durability, EngineError, PidFile, Postgres, RabbitMq, RabbitMqPorts, Running};
use nix::sys::signal::Signal;

use super::shell::only_given;

/// The drain of a service may take 30 s.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// One of the things that make the suite.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Answers 200 when it is ready; engines are ready when they have started.
    pub(crate) health: Option<String>,
    pub(crate) log: PathBuf,
    pub(crate) pid_file: PidFile,
    /// Whoever keeps it away: while that process lives, it is not started.
    pub(crate) keeper: PidFile,
}

/// What kind of thing.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// The database server.
    Postgres {
        /// Its files.
        directory: PathBuf,
        port: u16,
    },
    /// The broker.
    RabbitMq {
        /// Its files.
        directory: PathBuf,
        ports: RabbitMqPorts,
    },
    /// A service or a tool.
    Program {
        program: PathBuf,
        arguments: Vec<String>,
        environment: Vec<(String, String)>,
    },
}

impl Part {
    /// Starts it. Engines that an earlier supervisor has left running are taken over; programs are ended and started
    /// anew, because they may have been rebuilt.
    pub(crate) fn start(&self) -> Result<Running, EngineError> {
        match &self.kind {
            Kind::Postgres { directory, port } => {
                Ok(Postgres::start(directory, &self.log, *port, Durability::Durable)?.into_running())
            }
            Kind::RabbitMq { directory, ports } => {
                Ok(RabbitMq::start(directory, &self.log, *ports)?.into_running())
            }
            Kind::Program {
                program,
                arguments,
                environment,
            } => {
                if let Some(mut left) = Running::find(self.pid_file.clone()) {
                    left.stop(Signal::SIGTERM, STOP_TIMEOUT);
                }
                let mut command = Command::new(program);
                only_given(&mut command, environment);
                command.args(arguments);
                Running::spawn(command, &self.log, self.pid_file.clone())
            }
        }
    }

    /// Ends it cleanly.
    pub(crate) fn stop(&self, running: &mut Running) {
        match &self.kind {
            Kind::Postgres { .. } => Postgres::stop_running(running),
            Kind::RabbitMq { directory, .. } => RabbitMq::stop_running(running, directory),
            Kind::Program { .. } => running.stop(Signal::SIGTERM, STOP_TIMEOUT),
        }
    }
    /// Ends whatever a start that failed, or a supervisor that was killed, has left of it.
    pub(crate) fn clear(&self) {
        if let Some(mut left) = Running::find(self.pid_file.clone()) {
            self.stop(&mut left);
        }
        if let Kind::RabbitMq { directory, .. } = &self.kind {
            RabbitMq::clear(directory);
        }
    }
}
