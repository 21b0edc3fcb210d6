//! `cargo dev logs`: the logs of one part or of all, and what is appended to them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;

use crate::workspace::Workspace;

/// Between looks at the files.
const WATCH: Duration = Duration::from_millis(200);

/// Which logs, and how.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A service, `postgres`, `rabbitmq`, `issuer`, `inbox`, `traces`, or `up` (the supervisor) [default: all]
    #[arg(value_name = "SERVICE")]
    part: Option<String>,
    /// Go on printing what is appended, until Ctrl-C
    #[arg(short, long)]
    follow: bool,
    /// How many of the last lines to begin with
    #[arg(short = 'n', long, default_value_t = 100)]
    lines: usize,
}

/// Prints the logs.
pub(crate) async fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<ExitCode> {
    let files = files(workspace, options.part.as_deref())?;
    let mut seen = BTreeMap::new();
    for (name, file) in &files {
        let text = read_from(file, 0)?;
        seen.insert(name.clone(), text.len() as u64);
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(options.lines);
        print(name, files.len(), lines.get(from..).unwrap_or_default())?;
    }
    if !options.follow {
        return Ok(ExitCode::SUCCESS);
    }
    loop {
        tokio::time::sleep(WATCH).await;
        for (name, file) in &files {
            let at = seen.entry(name.clone()).or_default();
            if file.metadata().is_ok_and(|meta| meta.len() < *at) {
                *at = 0;
            }
            let text = read_from(file, *at)?;
            // A line that is still being written is printed when it is whole.
            let whole = text.rfind('\n').map_or(0, |end| end + 1);
            *at += whole as u64;
            let lines: Vec<&str> = text.get(..whole).unwrap_or_default().lines().collect();
            print(name, files.len(), &lines)?;
        }
    }
}

fn files(workspace: &Workspace, part: Option<&str>) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let folder = workspace.at("logs");
    let Ok(entries) = fs::read_dir(&folder) else {
        bail!("there are no logs in {}", folder.display());
    };
    let mut files: Vec<(String, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| Some((entry.path().file_stem()?.to_str()?.to_owned(), entry.path())))
        .collect();
    files.sort();
    let Some(part) = part else { return Ok(files) };
    let names: Vec<String> = files.iter().map(|(name, _)| name.clone()).collect();
    files.retain(|(name, _)| name == part);
    if files.is_empty() {
        bail!("{part} has no log; there are logs of {}", names.join(", "));
    }
    Ok(files)
}

fn read_from(file: &PathBuf, at: u64) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    let mut opened = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    opened.seek(SeekFrom::Start(at))?;
    opened.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Ends when nobody reads any more.
fn print(name: &str, files: usize, lines: &[&str]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in lines {
        if files > 1 {
            writeln!(out, "{name:12} | {line}")?;
        } else {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}
