//! What a service says about itself.

use sqlx::migrate::Migrator;

use crate::settings::PeerUrl;
use crate::{App, Shell};

/// A service of the suite; [`crate::main`] runs it.
pub trait Service: 'static {
    /// Its name: the second segment of its packages, the audience of tokens for it, the name of its workload.
    const NAME: &'static str;
    /// One sentence, for `--help`.
    const ABOUT: &'static str = "A service of the Muster suite";
    /// Its migrations: `sqlx::migrate!()`.
    const MIGRATOR: Migrator;
    /// What it is told beyond what every service is told. Secrets are [`crate::settings::Secret`].
    type Settings: clap::Args + Clone + std::fmt::Debug + Send + 'static;

    /// The services that it calls, and where they answer.
    fn peers(settings: &Self::Settings) -> Vec<(&'static str, &PeerUrl)>;

    /// Puts the service together. The only wiring.
    ///
    /// # Errors
    /// When it cannot run with these settings; the process ends with the whole chain on standard error.
    fn build(settings: Self::Settings, shell: Shell) -> impl Future<Output = anyhow::Result<App>> + Send;
}
