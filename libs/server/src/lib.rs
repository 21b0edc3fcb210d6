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
//!     organization_url: muster_server::settings::PeerUrls,
//! }
//!
//! impl Service for Invitation {
//!     const NAME: &'static str = "invitation";
//!     const MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate::Migrator::DEFAULT; // sqlx::migrate!()
//!     type Settings = Settings;
//!
//!     fn peers(settings: &Settings) -> Vec<(&'static str, &muster_server::settings::PeerUrls)> {
//!         vec![("organization", &settings.organization_url)]
//!     }
//!
//!     fn development_keys(_: &Settings) -> Vec<&'static str> {
//!         Vec::new()
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
//! Its rooms:
//! - [`settings`]: flags and environment, all mistakes at once.
//! - `process`: [`start`] wires everything, [`drain`] stops it in order; [`Health`] and [`admin`] are what operators see,
//!   [`migrators`] everything that a service's database consists of.
//! - [`check`]: whether a process would work where it is to run.
//! - `front`: what every call passes: span and measurement, panic guard, limit, deadline, verified caller.
//! - `rpc`: what handlers stand on. [`Call`] is what they see, [`answers`] what comes in many messages; [`names`], [`page`],
//!   [`update`], [`etag`], [`convert`], [`failure`]: names in requests, pages of lists, which fields an update changes,
//!   versions of things, times and roles, and what callers are told of failures. [`mails`]: what every source of mails does alike.
//!   [`KeyedLimit`]: the share of each in what all use.
//! - [`Peer`]: how it calls others.

pub mod check;
mod front;
mod method_rules;
mod peer;
mod process;
mod rpc;
pub mod settings;

pub use front::grpc_timeout;
pub use peer::{Peer, channel};
pub use process::{
    App, EXIT_FAILURE, EXIT_USAGE, Health, OwnCommand, Running, Service, Shell, admin, ask, drain, exit_code,
    in_runtime, main, migrators, quietly, start,
};
pub use rpc::{
    AnswerSink, Answers, Call, Failure, Gone, KeyedLimit, KeyedPermit, Parsed, StreamCall, answers, convert,
    etag, failure, mails, names, page, update,
};
