//! The settings of this service, beside those of every service.

use std::path::PathBuf;

use muster_clock::TimeZones;
use muster_server::page::PageSettings;
use muster_server::settings::PeerUrls;

use crate::links::VerificationUrl;

/// What this service is told.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// Where the organization service answers: one URL, or that of each replica with commas between them
    #[arg(long, env = "MUSTER_ORGANIZATION_URL", value_name = "URL")]
    pub organization_url: PeerUrls,
    /// Where the invitation service answers: one URL, or that of each replica with commas between them
    #[arg(long, env = "MUSTER_INVITATION_URL", value_name = "URL")]
    pub invitation_url: PeerUrls,
    /// Where administrators verify employments, for links in mails, such as
    /// `https://app.example.org/{organization}/employees`. The suite has no such page; without it, mails carry no link.
    #[arg(long, env = "MUSTER_VERIFICATION_URL", value_name = "URL")]
    pub verification_url: Option<VerificationUrl>,
    /// File with the closed lists of positions by licensing authority, in place of those that are shipped (Michigan's and
    /// New York's)
    #[arg(long, env = "MUSTER_POSITIONS", value_name = "FILE")]
    pub positions: Option<PathBuf>,
    /// The time zone of each licensing authority, by which the last day of an employment ends, such as
    /// us-mi=America/Detroit,us-ny=America/New_York; UTC for any other
    #[arg(
        long,
        env = "MUSTER_TIME_ZONES",
        value_name = "AUTHORITY=ZONE,…",
        default_value = TimeZones::SHIPPED
    )]
    pub time_zones: TimeZones,
    /// How often a person may claim to work at one organization within 30 days, whatever becomes of it
    #[arg(
        long,
        env = "MUSTER_CLAIMS_AT_ORGANIZATION",
        default_value_t = 5,
        value_name = "COUNT"
    )]
    pub claims_at_organization: u32,
    /// How often a person may claim to work somewhere within 30 days, at all organizations together
    #[arg(
        long,
        env = "MUSTER_CLAIMS_OF_PERSON",
        default_value_t = 60,
        value_name = "COUNT"
    )]
    pub claims_of_person: u32,
    /// Page tokens.
    #[command(flatten)]
    pub page: PageSettings,
}
