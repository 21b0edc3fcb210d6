//! `cargo dev`: the whole suite on one machine, with private engines, a mail inbox, a trace page and an issuer of its own.
//!
//! - [`cli`]: the commands and their options;
//! - [`up`], [`down`], [`status`], [`logs`], [`token`], [`mod@test`], [`story`], [`mod@bench`]: one command each;
//! - [`place`], [`addresses`], [`keys`], [`settings`]: what is written under `.dev/`, and what the services are told;
//! - [`edge`]: the gateway as its customers call it;
//! - [`supervise`]: keeps every part running;
//! - [`tools`]: the issuer, the inbox and the trace page, which run as processes of this same binary.

mod addresses;
mod bench;
mod build;
mod cli;
mod down;
mod edge;
mod html;
mod install;
mod keys;
mod logs;
mod place;
mod say;
mod settings;
mod status;
mod story;
mod suite;
mod supervise;
mod test;
mod token;
mod tools;
mod up;

use std::io::{Error, ErrorKind};
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::run(cli::Arguments::parse()) {
        Ok(code) => code,
        // Whoever read our output has seen enough (`cargo dev logs | head`).
        Err(error)
            if error
                .downcast_ref::<Error>()
                .is_some_and(|error| error.kind() == ErrorKind::BrokenPipe) =>
        {
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("muster: {error:#}");
            ExitCode::FAILURE
        }
    }
}
