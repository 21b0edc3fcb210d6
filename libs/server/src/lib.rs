//! The shell of every service: a service's `main.rs` is one line.
//!
//! ```no_run
//! use muster_server::{App, Service, Shell};
//!
//! struct Invitation;
//!
//! #[derive(Clone, Debug, clap::Args)]
//! struct Settings {
//!     /// Where the organization service answers
//!     #[arg(long, env = "MUSTER_ORGANIZATION_URL")]
//!     organization_url: muster_server::settings::PeerUrl,
//! }
//!
//! impl Service for Invitation {
//!     const NAME: &'static str = "invitation";
//!     const MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate::Migrator::DEFAULT; // sqlx::migrate!()
//!     type Settings = Settings;
//!
//!     fn peers(settings: &Settings) -> Vec<(&'static str, &muster_server::settings::PeerUrl)> {
//!         vec![("organization", &settings.organization_url)]
//!     }
//!
//!     async fn build(settings: Settings, shell: Shell) -> anyhow::Result<App> {
//!         let organization = shell.peer("organization", &settings.organization_url);
//!         Ok(App::new().task("import-worker", move |shutdown| {
//!             let _organization = organization.clone();
//!             async move { shutdown.cancelled().await }
//!         }))
//!     }
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     muster_server::main::<Invitation>()
//! }
//! ```
//!
//! - [`settings`]: flags and environment, all mistakes at once.
//! - [`start`]: wires everything; [`drain`] stops it in order.
//! - `front`: what every call passes: span and measurement, panic guard, limit, deadline, verified caller.
//! - [`answers`]: what a handler answers that comes in many messages.
//! - [`Call`]: what a handler sees. [`Peer`]: how it calls others.
//! - [`names`], [`page`], [`update`], [`etag`], [`convert`], [`failure`]: names in requests, pages of lists, which fields an
//!   update changes, versions of things, times, and what callers are told of failures.
//! - [`migrators`]: everything that a service's database consists of.
//! - [`KeyedLimit`]: the share of each in what all use.
//! - [`Health`], [`admin`], [`check`]: what operators see.

pub mod admin;
mod answers;
mod app;
mod ask;
mod background;
mod call;
pub mod check;
pub mod convert;
pub mod drain;
pub mod etag;
pub mod failure;
mod front;
mod health;
mod keyed_limit;
mod migrations;
pub mod names;
pub mod page;
mod parked;
mod peer;
mod rules;
mod run;
mod service;
pub mod settings;
mod shell;
mod start;
mod sweeps;
mod transport;
pub mod update;

pub use answers::{AnswerSink, Answers, Gone, answers};
pub use app::App;
pub use ask::ask;
pub use call::{Call, Parsed, StreamCall};
pub use failure::Failure;
pub use front::grpc_timeout;
pub use health::Health;
pub use keyed_limit::{KeyedLimit, KeyedPermit};
pub use migrations::migrators;
pub use peer::{Peer, channel};
pub use run::{EXIT_FAILURE, EXIT_USAGE, exit_code, in_runtime, main, quietly};
pub use service::{OwnCommand, Service};
pub use shell::Shell;
pub use start::{Running, start};
