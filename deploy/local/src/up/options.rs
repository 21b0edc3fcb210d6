//! How `cargo dev up` starts.

use clap::Args;

/// How to start.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Options {
    /// Return when the story has passed and leave everything running; the exit status tells
    #[arg(long)]
    pub(crate) detach: bool,
    /// Forget all data, mail, traces and keys first (addresses stay)
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Use optimized services (the first build takes minutes): for figures, not for work
    #[arg(long)]
    pub(crate) release: bool,
    /// Take the services as they were built last
    #[arg(long)]
    pub(crate) no_build: bool,
    /// Do not run the story
    #[arg(long)]
    pub(crate) no_story: bool,
    /// Start engines and tools only, to run services yourself: their settings are in .dev/env
    #[arg(long)]
    pub(crate) no_services: bool,
    /// Leave the mail server's port to another program: `bench` puts a faster sink there
    #[arg(long, hide = true)]
    pub(crate) no_inbox: bool,
    /// Share of traces that the services record
    #[arg(long, hide = true, default_value_t = 1.0)]
    pub(crate) trace_ratio: f64,
}
