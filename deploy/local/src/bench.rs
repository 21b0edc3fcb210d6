//! `cargo dev bench`: figures of the running suite, each beside its yardstick.

mod figure;
mod memory;

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use self::figure::Figure;
use crate::addresses::Addresses;
use crate::place::Place;

/// The benchmarks by name.
const NAMES: [&str; 1] = ["memory"];

/// What to measure, and how to print it.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// One of: memory (resident memory of each part) [default: all]
    name: Option<String>,
    /// One JSON object a line: name, value, unit, yardstick, yardstick_value, ratio
    #[arg(long)]
    json: bool,
}

/// Measures and prints.
pub(crate) async fn run(place: &Place, options: &Options) -> anyhow::Result<ExitCode> {
    let wanted: Vec<&str> = match options.name.as_deref() {
        None => NAMES.to_vec(),
        Some(name) if NAMES.contains(&name) => vec![name],
        Some(name) => bail!("there is no benchmark {name}; there are {}", NAMES.join(", ")),
    };
    let addresses = Addresses::read(place)?;
    for name in wanted {
        let figures = match name {
            "memory" => memory::measure(place, &addresses).await?,
            _ => Vec::new(),
        };
        for figure in figures {
            figure.print(options.json)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
