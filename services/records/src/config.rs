//! The settings of this service, beside those of every service.

use muster_server::page::PageSettings;
use muster_server::settings::PeerUrl;

/// What this service is told.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// Where the organization service answers
    #[arg(long, env = "MUSTER_ORGANIZATION_URL", value_name = "URL")]
    pub organization_url: PeerUrl,
    /// Where the employment service answers
    #[arg(long, env = "MUSTER_EMPLOYMENT_URL", value_name = "URL")]
    pub employment_url: PeerUrl,
    /// Page tokens.
    #[command(flatten)]
    pub page: PageSettings,
}
