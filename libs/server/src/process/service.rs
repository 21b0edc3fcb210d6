//! What a service says about itself.

use std::ffi::OsString;

use sqlx::migrate::Migrator;

use crate::settings::{PeerUrls, Program};
use crate::{App, Shell};

/// What a service can be told to do from the command line, beside what all can.
#[derive(Clone, Copy, Debug)]
pub struct OwnCommand {
    /// The word behind the name of the program.
    pub name: &'static str,
    /// What it does: one sentence without its full stop, for `--help`.
    pub about: &'static str,
    /// Does it, with the arguments behind the word: [`crate::settings::read`], then [`crate::quietly`] or
    /// [`crate::in_runtime`].
    pub run: fn(&Program, &[OsString]) -> anyhow::Result<()>,
}

/// A service of the suite; [`crate::main`] runs it.
pub trait Service: 'static {
    /// Its name: the second segment of its packages, the audience of tokens for it, the name of its workload.
    const NAME: &'static str;
    /// One sentence, for `--help`.
    const ABOUT: &'static str = "A service of the Muster suite";
    /// Its migrations: `sqlx::migrate!()`.
    const MIGRATOR: Migrator;
    /// Commands of its own, beside those of every service.
    const COMMANDS: &'static [OwnCommand] = &[];
    /// What it is told beyond what every service is told. Secrets are [`crate::settings::Secret`].
    type Settings: clap::Args + Clone + std::fmt::Debug + Send + 'static;

    /// The services that it calls, and where they answer.
    fn peers(settings: &Self::Settings) -> Vec<(&'static str, &PeerUrls)>;

    /// The settings, as people call them (`--page-key (MUSTER_PAGE_KEY)`), whose files of secret keys are marked as those of a
    /// developer's machine: with one of them it does not start off loopback.
    fn development_keys(settings: &Self::Settings) -> Vec<&'static str>;

    /// Puts the service together. The only wiring.
    ///
    /// # Errors
    /// When it cannot run with these settings; the process ends with the whole chain on standard error.
    fn build(settings: Self::Settings, shell: Shell) -> impl Future<Output = anyhow::Result<App>> + Send;
}
