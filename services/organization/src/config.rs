//! The settings of this service, beside those of every service.

use muster_clock::TimeZones;
use muster_server::page::PageSettings;
use muster_server::settings::{PeerUrls, PublicUrl};

use crate::domain::{LicenseRules, Limits, ReviewDays};

/// What this service is told.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// Where the records service answers: one URL, or that of each replica with commas between them
    #[arg(long, env = "MUSTER_RECORDS_URL", value_name = "URL")]
    pub records_url: PeerUrls,
    /// Where the employment service answers: one URL, or that of each replica with commas between them
    #[arg(long, env = "MUSTER_EMPLOYMENT_URL", value_name = "URL")]
    pub employment_url: PeerUrls,
    /// Where the invitation service answers: one URL, or that of each replica with commas between them
    #[arg(long, env = "MUSTER_INVITATION_URL", value_name = "URL")]
    pub invitation_url: PeerUrls,
    /// Where people reach the pages, such as `https://muster.example.org`: what the link to an organization's join page begins with.
    /// Without it the settings of a join page tell its path only
    #[arg(long, env = "MUSTER_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<PublicUrl>,
    /// Page tokens.
    #[command(flatten)]
    pub page: PageSettings,
    /// What organizations without a subscription may do.
    #[command(flatten)]
    pub basic: BasicPlan,
    /// How many profiles of one person may wait for their approval (drafts, submissions and those given back)
    #[arg(long, env = "MUSTER_OPEN_PROFILES", default_value_t = 5, value_name = "COUNT")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub open_profiles: u32,
    /// How authorities write their license numbers, such as us-mi=DC#########/DF#########,us-ny=######: `#` is a digit, `@` a
    /// letter, `/` stands between forms. A number that is not written so is refused; fewer digits get zeros before numbers are
    /// compared. Of other authorities a number is any letters and digits; `none`: of all of them. Numbers that are stored stay as
    /// they are
    #[arg(
        long,
        env = "MUSTER_LICENSE_NUMBERS",
        default_value = "us-mi=DC#########/DF#########/DG#########,us-ny=######",
        value_name = "AUTHORITY=FORM"
    )]
    pub license_numbers: LicenseRules,
    /// After how many days the review of a profile is due; for single authorities with their names before it, such as
    /// 30,us-mi=45. As many days later it is overdue
    #[arg(
        long,
        env = "MUSTER_REVIEW_DAYS",
        value_delimiter = ',',
        default_value = "30",
        value_name = "DAYS"
    )]
    pub review_days: Vec<ReviewDays>,
    /// The time zone of each licensing authority, in which people are told the times of its organizations, such as
    /// us-mi=America/Detroit,us-ny=America/New_York; UTC for any other. As the employment service has it
    #[arg(
        long,
        env = "MUSTER_TIME_ZONES",
        value_name = "AUTHORITY=ZONE,…",
        default_value = TimeZones::SHIPPED
    )]
    pub time_zones: TimeZones,
}

/// The plan of organizations without a subscription. It has no spreadsheets.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct BasicPlan {
    /// Most invitations in one call by hand, without a subscription
    #[arg(
        long,
        env = "MUSTER_BASIC_INVITATIONS_BY_HAND",
        default_value_t = 10,
        value_name = "COUNT"
    )]
    #[arg(value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub basic_invitations_by_hand: i32,
    /// Most messages in 24 hours, without a subscription
    #[arg(
        long,
        env = "MUSTER_BASIC_MESSAGES_PER_DAY",
        default_value_t = 500,
        value_name = "COUNT"
    )]
    #[arg(value_parser = clap::value_parser!(i32).range(1..=10_000_000))]
    pub basic_messages_per_day: i32,
}

impl BasicPlan {
    pub(crate) fn limits(self) -> Limits {
        Limits {
            invitations_by_hand: self.basic_invitations_by_hand,
            import_rows: 0,
            messages_per_day: self.basic_messages_per_day,
        }
    }
}
