//! The process of a service: how it is started, watched and stopped, and what it does beside calls.

pub mod admin;
mod app;
mod ask;
mod background;
pub mod drain;
mod health;
mod migrations;
mod outbox;
mod parked;
mod run;
mod service;
mod shell;
pub(crate) mod start;
mod sweeps;
mod transport;

pub use app::App;
pub use ask::ask;
pub use health::Health;
pub use migrations::migrators;
pub use run::{EXIT_FAILURE, EXIT_USAGE, exit_code, in_runtime, main, quietly};
pub use service::{OwnCommand, Service};
pub use shell::Shell;
pub use start::{Running, start};
