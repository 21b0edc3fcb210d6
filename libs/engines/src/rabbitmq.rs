//! A private RabbitMQ: its own node, cookie, port mapper, data and password, all on loopback.

mod environment;
mod mapper;
mod ports;

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

pub use self::ports::RabbitMqPorts;
use crate::holder::listens;
use crate::process::{PidFile, Running, tail};
use crate::{EngineError, programs, secret};

/// A first start takes 8 s, and more than 60 s were seen beside a build. A node that cannot start ends by itself and says why.
const START_TIMEOUT: Duration = Duration::from_secs(180);
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// A running broker.
#[derive(Debug)]
pub struct RabbitMq {
    directory: PathBuf,
    ports: RabbitMqPorts,
    password: String,
    running: Running,
}

impl RabbitMq {
    /// Starts the broker whose files are in `directory`, or finds it running.
    ///
    /// # Errors
    /// [`EngineError`] with the end of the log when it does not answer within a minute.
    pub fn start(directory: &Path, log: &Path, ports: RabbitMqPorts) -> Result<Self, EngineError> {
        let server = programs::rabbitmq().ok_or_else(missing)?;
        fs::create_dir_all(directory).map_err(EngineError::file("create", directory))?;
        let directory = directory
            .canonicalize()
            .map_err(EngineError::file("find", directory))?;
        let password = secret(&directory.join("password"))?;
        let running = match Self::find_running(&directory) {
            Some(running) => running,
            None => {
                forget_unfinished(&directory)?;
                environment::prepare(&directory, ports, &password)?;
                mapper::start(&directory, log, ports.mapper)?;
                let mut command = Command::new(server);
                environment::set(&mut command, &directory, ports);
                Running::spawn(command, log, PidFile::at(directory.join("pid")))?
            }
        };
        let mut broker = Self {
            directory,
            ports,
            password,
            running,
        };
        broker.wait_ready(log)?;
        Ok(broker)
    }

    /// The broker of `directory`, if it runs.
    #[must_use]
    pub fn find_running(directory: &Path) -> Option<Running> {
        Running::find(PidFile::at(directory.join("pid")))
    }

    /// Where clients connect.
    #[must_use]
    pub fn url(&self) -> String {
        format!(
            "amqp://muster:{}@127.0.0.1:{}/%2f",
            self.password, self.ports.amqp
        )
    }

    /// The process, to watch it.
    pub fn running(&mut self) -> &mut Running {
        &mut self.running
    }

    /// Ends it cleanly, and its port mapper.
    pub fn stop(&mut self) {
        Self::stop_running(&mut self.running, &self.directory);
    }

    /// Only the process, for those who watch it themselves.
    #[must_use]
    pub fn into_running(self) -> Running {
        self.running
    }

    /// Ends the broker of `directory` cleanly, then its port mapper.
    pub fn stop_running(running: &mut Running, directory: &Path) {
        running.stop(Signal::SIGTERM, STOP_TIMEOUT);
        mapper::stop(directory);
    }

    /// `rabbitmqctl` for the broker of `directory`, whose port mapper listens on this port. What it is to do are its arguments.
    ///
    /// # Errors
    /// [`EngineError::Missing`] when it is not installed.
    pub fn control(directory: &Path, mapper: u16) -> Result<Command, EngineError> {
        let program = programs::rabbitmqctl().ok_or_else(missing)?;
        let mut command = Command::new(program);
        environment::set_for_control(&mut command, directory, mapper);
        Ok(command)
    }

    /// Ends whatever a killed broker has left in `directory`.
    pub fn clear(directory: &Path) {
        mapper::stop(directory);
    }

    fn wait_ready(&mut self, log: &Path) -> Result<(), EngineError> {
        let deadline = Instant::now() + START_TIMEOUT;
        // A greeting alone does not tell: a stranger's broker may have taken the port meanwhile.
        while !(listens(self.running.id().pid(), self.ports.amqp) && answers(self.ports.amqp)) {
            let reason = match self.running.ended() {
                Some(how) => how,
                None if Instant::now() >= deadline => format!("silent for {} s", START_TIMEOUT.as_secs()),
                None => {
                    thread::sleep(Duration::from_millis(100));
                    continue;
                }
            };
            let log = log.to_path_buf();
            let tail = tail(&log, 12);
            return Err(EngineError::NotStarted {
                engine: "RabbitMQ",
                reason,
                log,
                tail,
            });
        }
        let booted = self.directory.join("booted");
        fs::write(&booted, b"").map_err(EngineError::file("write", &booted))
    }
}

fn missing() -> EngineError {
    EngineError::Missing {
        program: "RabbitMQ",
        advice: "install the package `rabbitmq-server`".to_owned(),
    }
}

/// A first start that was killed half-way leaves a database that no later start can read, and nothing worth keeping.
fn forget_unfinished(directory: &Path) -> Result<(), EngineError> {
    let data = directory.join("mnesia");
    if !directory.join("booted").exists() && data.exists() {
        fs::remove_dir_all(&data).map_err(EngineError::file("remove", &data))?;
    }
    Ok(())
}

/// Does a broker greet us? The answer to the protocol header is a method frame, which begins with 1.
fn answers(port: u16) -> bool {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let Ok(mut stream) = TcpStream::connect_timeout(&address, Duration::from_secs(1)) else {
        return false;
    };
    let mut first = [0_u8; 1];
    stream.set_read_timeout(Some(Duration::from_secs(2))).is_ok()
        && stream.write_all(b"AMQP\x00\x00\x09\x01").is_ok()
        && stream.read_exact(&mut first).is_ok()
        && first == [1]
}
