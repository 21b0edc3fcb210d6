//! A private PostgreSQL and a private RabbitMQ on one machine, for developers and for tests.
//!
//! Everything lives under one directory: data, secrets, logs and pid files. Nothing here ever touches the machine's own
//! instances on 5432 and 5672. The engines are not tied to the process that started them: a later process that calls
//! `start` with the same directory finds them again (or brings them back with their data, whatever was killed), and
//! `stop` ends them cleanly. All calls block; call them from `spawn_blocking` in asynchronous code.
//!
//! ```no_run
//! use muster_engines::{Durability, Pair};
//!
//! # fn main() -> Result<(), muster_engines::EngineError> {
//! let mut pair = Pair::start("target/engines".as_ref(), Durability::Careless)?;
//! println!("{} {}", pair.postgres.superuser_url(), pair.rabbitmq.url());
//! pair.stop();
//! # Ok(())
//! # }
//! ```

mod disk;
mod error;
mod holder;
mod lock;
mod pair;
mod ports;
mod postgres;
mod process;
mod programs;
mod rabbitmq;
mod secrets;

pub mod packages;

pub use disk::require_space;
pub use error::EngineError;
pub use holder::holder_of;
pub use lock::DirectoryLock;
pub use pair::Pair;
pub use ports::Ports;
pub use postgres::{Durability, Postgres};
pub use process::{PidFile, ProcessId, Running, tail};
pub use programs::on_path;
pub use rabbitmq::{RabbitMq, RabbitMqPorts};
pub use secrets::{secret, write_private};
