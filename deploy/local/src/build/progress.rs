//! How far a build is: cargo's own bar on a terminal, a line now and then in a log.

use std::io::{IsTerminal, stderr};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::time::Instant;

use crate::outln;

/// Between lines in a log.
const EVERY: Duration = Duration::from_secs(10);

/// Runs a build to its end.
pub(super) async fn watch(mut command: Command) -> anyhow::Result<()> {
    command.kill_on_drop(true);
    let status = if stderr().is_terminal() {
        command.status().await
    } else {
        // Cargo draws its bar only when it is asked to; wide enough that the names of crates fit.
        command
            .env("CARGO_TERM_PROGRESS_WHEN", "always")
            .env("CARGO_TERM_PROGRESS_WIDTH", "120")
            .stderr(Stdio::piped());
        let mut child = command.spawn().context("cargo cannot be run")?;
        let printed = child.stderr.take().context("cargo has no output")?;
        follow(printed).await?;
        child.wait().await
    };
    if !status.context("cargo cannot be run")?.success() {
        bail!("not everything could be built; cargo's own words are above");
    }
    Ok(())
}

/// Prints how far it is, and what cargo has to say beside that.
async fn follow(mut printed: impl AsyncRead + Unpin) -> anyhow::Result<()> {
    let (mut rest, mut buffer) = (Vec::new(), [0; 4096]);
    let mut shown = Instant::now();
    loop {
        let read = printed.read(&mut buffer).await?;
        rest.extend(buffer.iter().take(read));
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
            let line: Vec<u8> = rest.drain(..=end).collect();
            match Line::of(String::from_utf8_lossy(&line).trim_end()) {
                Line::Progress(how_far) if shown.elapsed() >= EVERY => {
                    outln!("  {how_far}");
                    shown = Instant::now();
                }
                Line::Progress(_) | Line::Step => {}
                Line::Said(line) => eprintln!("{line}"),
            }
        }
        if read == 0 {
            return Ok(());
        }
    }
}

/// A line of cargo's.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    /// How many crates of how many are done, and which are under way.
    Progress(String),
    /// A crate begins, or all are done: the lines of progress say as much.
    Step,
    /// A warning, an error, or a line of one.
    Said(String),
}

impl Line {
    fn of(line: &str) -> Self {
        let plain = without_colours(line);
        let text = plain.trim_start();
        if let Some((_, bar)) = text.split_once("Building [") {
            let how_far = bar.split_once("] ").map_or(bar, |(_, how_far)| how_far);
            return match how_far.split_once(": ") {
                Some((count, crates)) => {
                    Self::Progress(format!("{} crates, now {crates}", count.replace('/', " of ")))
                }
                None => Self::Progress(format!("{} crates", how_far.replace('/', " of "))),
            };
        }
        let steps = [
            "Compiling ",
            "Finished ",
            "Downloaded ",
            "Downloading ",
            "Fresh ",
            "Blocking ",
        ];
        if text.is_empty() || steps.iter().any(|step| text.starts_with(step)) {
            return Self::Step;
        }
        Self::Said(line.to_owned())
    }
}

/// The text without escape sequences (`ESC [ … letter`).
fn without_colours(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut plain, part| {
        let end = part.find(|letter: char| letter.is_ascii_alphabetic());
        plain.push_str(end.and_then(|end| part.get(end + 1..)).unwrap_or_default());
        plain
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_bar_becomes_a_line_and_what_it_says_stays() {
        let bar =
            "\u{1b}[1m\u{1b}[96m    Building\u{1b}[0m [====>     ] 123/480: sqlx-core, muster-proto(build)";
        let shown = "123 of 480 crates, now sqlx-core, muster-proto(build)".to_owned();
        assert_eq!(Line::of(bar), Line::Progress(shown));
        assert_eq!(Line::of("\u{1b}[K"), Line::Step);
        assert_eq!(Line::of("   Compiling tokio v1.54.1"), Line::Step);
        let error = "error[E0425]: cannot find value `x`";
        assert_eq!(Line::of(error), Line::Said(error.to_owned()));
    }
}
