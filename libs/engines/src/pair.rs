//! Both engines under one directory, as tests want them.

use std::fs;
use std::path::Path;
use std::thread;

use crate::{DirectoryLock, Durability, EngineError, Ports, Postgres, RabbitMq, RabbitMqPorts};

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
        broker_ports.require_free(&ports, &broker_files)?;
        let left = Left::find(directory);
        thread::scope(|scope| {
            let broker =
                scope.spawn(|| RabbitMq::start(&broker_files, &directory.join("rabbitmq.log"), broker_ports));
            let log = directory.join("postgres.log");
            let postgres = Postgres::start(&directory.join("postgres"), &log, port, durability);
            let rabbitmq = broker.join().unwrap_or_else(|_| {
                Err(EngineError::Missing {
                    program: "RabbitMQ",
                    advice: "its starter crashed".to_owned(),
                })
            });
            match (postgres, rabbitmq) {
                (Ok(postgres), Ok(rabbitmq)) => Ok(Self { postgres, rabbitmq }),
                (Err(error), _) | (_, Err(error)) => {
                    left.stop_others(directory);
                    Err(error)
                }
            }
        })
    }

    /// Ends both cleanly.
    pub fn stop(&mut self) {
        self.postgres.stop();
        self.rabbitmq.stop();
    }

    /// Ends whatever of the two runs for `directory`, and forgets their data and all other files in there.
    ///
    /// # Errors
    /// [`EngineError::File`] for what cannot be removed.
    pub fn remove(directory: &Path) -> Result<(), EngineError> {
        let _ = Self::stop_running(directory);
        Postgres::remove(&directory.join("postgres"))?;
        match fs::remove_dir_all(directory) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(EngineError::file("remove", directory)(error))
            }
            _ => Ok(()),
        }
    }

    /// Ends whatever of the two runs for `directory`, without starting anything; tells what it ended.
    #[must_use]
    pub fn stop_running(directory: &Path) -> Vec<&'static str> {
        let mut ended = Vec::new();
        if stop_postgres(directory) {
            ended.push("postgres");
        }
        if stop_rabbitmq(directory) {
            ended.push("rabbitmq");
        }
        ended
    }
}

/// What ran before a start: other processes may be working with it.
#[derive(Clone, Copy, Debug)]
struct Left {
    postgres: bool,
    rabbitmq: bool,
}

impl Left {
    fn find(directory: &Path) -> Self {
        Self {
            postgres: Postgres::find_running(&directory.join("postgres")).is_some(),
            rabbitmq: RabbitMq::find_running(&directory.join("rabbitmq")).is_some(),
        }
    }

    /// A start that failed leaves nothing behind that was not there before.
    fn stop_others(self, directory: &Path) {
        if !self.postgres {
            stop_postgres(directory);
        }
        if !self.rabbitmq {
            stop_rabbitmq(directory);
        }
    }
}

fn stop_postgres(directory: &Path) -> bool {
    let found = Postgres::find_running(&directory.join("postgres"));
    found
        .map(|mut running| Postgres::stop_running(&mut running))
        .is_some()
}

fn stop_rabbitmq(directory: &Path) -> bool {
    let broker = directory.join("rabbitmq");
    let found = RabbitMq::find_running(&broker);
    let ran = found.map(|mut running| RabbitMq::stop_running(&mut running, &broker));
    RabbitMq::clear(&broker);
    ran.is_some()
}
