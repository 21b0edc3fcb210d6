//! What every verb and every handler stands on.

use muster_clock::{Clock, TimeZones};
use muster_database::Database;
use muster_server::page::PageKey;
use muster_server::settings::PublicUrl;

use crate::domain::{LicenseRules, Limits, ReviewPeriods};
use crate::employments::Employments;
use crate::invitations::Invitations;
use crate::profiles::Profiles;
use crate::shared_catalog::SharedCatalog;

/// What every verb and every handler stands on. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    pub(crate) profiles: Profiles,
    pub(crate) shared_catalog: SharedCatalog,
    pub(crate) employments: Employments,
    pub(crate) invitations: Invitations,
    pub(crate) page_key: PageKey,
    /// Where people reach the pages, if it was said.
    pub(crate) public_url: Option<PublicUrl>,
    /// What organizations without a subscription may do.
    pub(crate) basic: Limits,
    /// How many profiles of a person may wait for their approval.
    pub(crate) open_profiles: i64,
    /// How authorities write their license numbers.
    pub(crate) license_rules: LicenseRules,
    /// After how long reviews are due.
    pub(crate) review_periods: ReviewPeriods,
    /// In which people are told the times of an organization.
    pub(crate) time_zones: TimeZones,
}
