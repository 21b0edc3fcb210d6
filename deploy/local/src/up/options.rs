//! How `cargo dev up` starts.

use clap::Args;

use crate::replicas::MAX_REPLICAS;

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
    /// Run so many processes of each service behind a load balancer (HAProxy), as a cluster does
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=i64::from(MAX_REPLICAS)))]
    pub(crate) replicas: u8,
    /// Let services share their calls among those processes themselves, as with the headless services of a cluster: the load
    /// balancer stands in front of the gateway alone
    #[arg(long, requires = "replicas")]
    pub(crate) direct: bool,
    /// Run what the links of .dev/programs point at, one for each process: `prove` points them at another release
    #[arg(long, hide = true)]
    pub(crate) linked: bool,
    /// Leave the mail server's port to another program: `bench` puts a faster sink there
    #[arg(long, hide = true)]
    pub(crate) no_inbox: bool,
    /// Share of traces that the services record
    #[arg(long, hide = true, default_value_t = 1.0)]
    pub(crate) trace_ratio: f64,
}

impl Options {
    /// So many processes of each service are known to the others by addresses of their own; `None`: all by one.
    pub(crate) fn called_directly(self) -> Option<u8> {
        (self.direct && self.replicas > 1).then_some(self.replicas)
    }
}
