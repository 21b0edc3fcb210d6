//! `cargo dev story`: the program of `tests/story` on the running suite, with the story that is asked for.

use std::process::{ExitCode, Stdio};

use anyhow::Context;
use clap::{Args, ValueEnum};
use tokio::process::Command;

use crate::addresses::Addresses;
use crate::build;
use crate::workspace::Workspace;

const PROGRAM: &str = "muster-story";

/// Which story.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Options {
    /// Which one is told
    #[arg(value_enum, default_value_t, value_name = "STORY")]
    story: Story,
}

/// What is told.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Story {
    /// From an empty organization to a certificate
    #[default]
    Main,
    /// The registry's guide, in its order: profiles, employments, who administers, reports
    Registry,
    /// The training provider's article, in its order: invitations by hand, by spreadsheet and by a page, and what becomes of them
    Training,
}

impl Story {
    /// As the program takes it.
    fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Registry => "registry",
            Self::Training => "training",
        }
    }
}

/// Runs a story, as its source is now.
pub(crate) async fn run(workspace: &Workspace, options: Options) -> anyhow::Result<ExitCode> {
    Addresses::read(workspace)?;
    build::program(workspace, PROGRAM).await?;
    Ok(if run_program(workspace, false, options.story).await? {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs the main story as it was built last; whether it came to its end.
pub(crate) async fn passes(workspace: &Workspace, release: bool) -> anyhow::Result<bool> {
    run_program(workspace, release, Story::Main).await
}

async fn run_program(workspace: &Workspace, release: bool, story: Story) -> anyhow::Result<bool> {
    let mut command = Command::new(Workspace::binaries(release)?.join(PROGRAM));
    command
        .arg("--dir")
        .arg(&workspace.state)
        .arg(story.name())
        .current_dir(&workspace.root)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let status = command.status().await.context("the story cannot be run")?;
    Ok(status.success())
}
