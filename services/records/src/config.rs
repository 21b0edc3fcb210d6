//! The settings of this service, beside those of every service.

use muster_clock::TimeZones;
use muster_server::page::PageSettings;
use muster_server::settings::PeerUrls;

/// What this service is told.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// Where the organization service answers: one URL, or that of each replica with commas between them
    #[arg(long, env = "MUSTER_ORGANIZATION_URL", value_name = "URL")]
    pub organization_url: PeerUrls,
    /// Where the employment service answers: one URL, or that of each replica with commas between them
    #[arg(long, env = "MUSTER_EMPLOYMENT_URL", value_name = "URL")]
    pub employment_url: PeerUrls,
    /// The time zone of each licensing authority, by which the day ends on which an assignment is due, such as
    /// us-mi=America/Detroit,us-ny=America/New_York; UTC for any other. As the employment service has it
    #[arg(
        long,
        env = "MUSTER_TIME_ZONES",
        value_name = "AUTHORITY=ZONE,…",
        default_value = TimeZones::SHIPPED
    )]
    pub time_zones: TimeZones,
    /// How often a person may grant one organization their learning record within 30 days, whatever becomes of it
    #[arg(
        long,
        env = "MUSTER_GRANTS_AT_ORGANIZATION",
        default_value_t = 20,
        value_name = "COUNT"
    )]
    pub grants_at_organization: u32,
    /// Page tokens.
    #[command(flatten)]
    pub page: PageSettings,
}
