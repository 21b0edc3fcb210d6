//! `cargo dev`: the whole suite on one machine, with private engines, a mail inbox, a trace page and an issuer of its own.
//!
//! - `cli`: the commands and their options;
//! - `up`, `down`, `status`, `logs`, `token`, `test`, `story`, `bench`, `prove`: one command each;
//! - `workspace`, `addresses`, `keys`, `settings`: what is written under `.dev/`, and the settings of the services;
//! - `supervise`: keeps every part running; `replicas`: several processes of a service, and what stands in front of them;
//! - `k6`: a program of others that calls a suite;
//! - `tools`: the issuer, the inbox and the trace page, which run as processes of this same binary.
//!
//! What the story (`tests/story`), the figures (`tests/bench`) and the proof (`tests/prove`) have to know of a suite on this machine is public: where it
//! is ([`Workspace`], [`Addresses`]), how it is (`status`), and tokens of its people (`token`).

mod addresses;
pub mod bench;
mod build;
mod cli;
mod down;
mod html;
mod install;
pub mod k6;
mod keys;
mod logs;
pub mod output;
mod prove;
pub mod replicas;
mod settings;
pub mod status;
mod story;
pub mod suite;
mod supervise;
mod test;
pub mod token;
mod tools;
mod up;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

pub use addresses::{Addresses, EnginePorts, ServiceAddresses, socket};
pub use supervise::Interruption;
pub use tools::bind;
pub use workspace::Workspace;

/// Runs the command that was typed.
#[must_use]
pub fn main() -> ExitCode {
    output::exit_code(cli::run(cli::Arguments::parse()))
}
