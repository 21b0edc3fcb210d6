//! Settings: every flag has an environment variable of the same meaning, and every mistake is told at once.
//!
//! The groups here are `clap::Args`; a binary flattens those it needs next to its own and calls [`read`].

mod groups;
mod peers;
mod read;
mod transport;
mod values;

use muster_tls::{Files, TlsProblem};

pub use groups::{
    BrokerSettings, DatabaseSettings, ListenSettings, TelemetrySettings, Topology, TrustSettings,
    WorkloadSettings,
};
pub use peers::{PeerUrl, PeerUrls};
pub use read::{ConfigErrors, Program, read};
pub use transport::{
    CertificateSettings, DevelopmentKey, Plaintext, Readable, TransportProblem, TransportSettings,
};
pub use values::{PublicUrl, Seconds, Secret};

/// What every service with a database of its own is told.
#[derive(Clone, Debug, clap::Args)]
pub struct CommonSettings {
    /// Where it listens.
    #[command(flatten)]
    pub listen: ListenSettings,
    /// What callers are shown.
    #[command(flatten)]
    pub certificate: CertificateSettings,
    /// How it calls others.
    #[command(flatten)]
    pub transport: TransportSettings,
    /// Its database.
    #[command(flatten)]
    pub database: DatabaseSettings,
    /// The broker.
    #[command(flatten)]
    pub broker: BrokerSettings,
    /// Whose tokens it believes.
    #[command(flatten)]
    pub trust: TrustSettings,
    /// Its own tokens, and whose workload tokens it believes.
    #[command(flatten)]
    pub workload: WorkloadSettings,
    /// Its telemetry.
    #[command(flatten)]
    pub telemetry: TelemetrySettings,
    /// What people are told where only those who run it can help.
    #[command(flatten)]
    pub help: HelpSettings,
}

impl CommonSettings {
    /// The files of the certificate that callers are shown, and of the authorities of those who have to show one; `None`: plain text.
    ///
    /// # Errors
    /// A certificate without its key, or the other way round; or nobody could be asked, because no TLS is spoken.
    pub fn served(&self) -> Result<Option<Files>, TlsProblem> {
        let files = self.certificate.files()?;
        match (&self.trust.tls_client_ca, files) {
            (None, files) => Ok(files),
            (Some(callers), Some(files)) => Ok(Some(files.asking(callers))),
            (Some(_), None) => Err(TlsProblem::AskedInTheClear),
        }
    }
}

/// How to reach those who run the suite.
#[derive(Clone, Debug, clap::Args)]
pub struct HelpSettings {
    /// How to reach those who run the suite, such as a phone number: shown on pages, and told in refusals where often only they can help
    #[arg(long, env = "MUSTER_SUPPORT", default_value = "", value_name = "TEXT")]
    pub support: String,
}

/// What `migrate` is told.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct MigrateSettings {
    #[command(flatten)]
    pub(crate) database: DatabaseSettings,
    #[command(flatten)]
    pub(crate) telemetry: TelemetrySettings,
}
