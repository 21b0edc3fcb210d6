//! Both engines under one directory, as tests want them.

use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::thread;

use nix::fcntl::{Flock, FlockArg};

use crate::{Durability, EngineError, Ports, Postgres, RabbitMq, RabbitMqPorts};

/// A PostgreSQL and a RabbitMQ. Dropping it leaves them running for the next process; [`Pair::stop`] ends them.
#[derive(Debug)]
pub struct Pair {
    /// The database server.
    pub postgres: Postgres,
    /// The broker.
    pub rabbitmq: RabbitMq,
}

impl Pair {
    /// Starts both at the same time, or finds them running. Processes that ask at once wait for one another.
    ///
    /// # Errors
    /// The first [`EngineError`] of the two.
    pub fn start(directory: &Path, durability: Durability) -> Result<Self, EngineError> {
        fs::create_dir_all(directory).map_err(EngineError::file("create", directory))?;
        let _lock = DirectoryLock::wait(&directory.join("lock"))?;
        let mut ports = Ports::open(&directory.join("ports"));
        let port = ports.of("postgres", None)?;
        let broker_ports = RabbitMqPorts::choose(&mut ports)?;
        let broker_files = directory.join("rabbitmq");
        if Postgres::find_running(&directory.join("postgres")).is_none() {
            ports.require_free("postgres", port)?;
        }
        if RabbitMq::find_running(&broker_files).is_none() {
            ports.require_free("rabbitmq", broker_ports.amqp)?;
        }
        thread::scope(|scope| {
            let broker =
                scope.spawn(|| RabbitMq::start(&broker_files, &directory.join("rabbitmq.log"), broker_ports));
            let log = directory.join("postgres.log");
            let postgres = Postgres::start(&directory.join("postgres"), &log, port, durability)?;
            let rabbitmq = broker.join().unwrap_or_else(|_| {
                Err(EngineError::Missing {
                    program: "RabbitMQ",
                    advice: "its starter crashed".to_owned(),
                })
            })?;
            Ok(Self { postgres, rabbitmq })
        })
    }

    /// Ends both cleanly.
    pub fn stop(&mut self) {
        self.postgres.stop();
        self.rabbitmq.stop();
    }

    /// Ends whatever of the two runs for `directory`, without starting anything; tells what it ended.
    #[must_use]
    pub fn stop_running(directory: &Path) -> Vec<&'static str> {
        let mut ended = Vec::new();
        if let Some(mut running) = Postgres::find_running(&directory.join("postgres")) {
            Postgres::stop_running(&mut running);
            ended.push("postgres");
        }
        if let Some(mut running) = RabbitMq::find_running(&directory.join("rabbitmq")) {
            let mapper = Ports::open(&directory.join("ports"))
                .known("rabbitmq-mapper")
                .unwrap_or_default();
            RabbitMq::stop_running(&mut running, mapper);
            ended.push("rabbitmq");
        }
        ended
    }
}

/// Held by the one process that works on a directory; the system lets go of it when that process dies.
#[derive(Debug)]
pub struct DirectoryLock {
    _file: Flock<File>,
}

impl DirectoryLock {
    /// Waits for its turn.
    ///
    /// # Errors
    /// [`EngineError::File`] when the lock file cannot be opened.
    pub fn wait(path: &Path) -> Result<Self, EngineError> {
        Self::take(path, FlockArg::LockExclusive)
    }

    /// Takes it now or not at all.
    ///
    /// # Errors
    /// [`EngineError::Locked`] when another process holds it.
    pub fn now(path: &Path) -> Result<Self, EngineError> {
        Self::take(path, FlockArg::LockExclusiveNonblock)
    }

    fn take(path: &Path, how: FlockArg) -> Result<Self, EngineError> {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let file = file.map_err(EngineError::file("open", path))?;
        match Flock::lock(file, how) {
            Ok(file) => Ok(Self { _file: file }),
            Err(_) => Err(EngineError::Locked {
                path: path.to_path_buf(),
            }),
        }
    }
}
