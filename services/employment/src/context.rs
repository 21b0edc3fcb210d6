//! What every verb and every handler stands on.

use muster_clock::{Clock, TimeZones};
use muster_database::Database;
use muster_server::page::PageKey;

use crate::domain::{ClaimLimits, PositionLists};
use crate::links::VerificationUrl;
use crate::peers::Peers;

/// Who acts where an event or a date leads to it: nobody asked this service by a call.
pub(crate) const SELF: &str = "service:employment";

/// What every verb and every handler stands on. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    pub(crate) peers: Peers,
    pub(crate) page_key: PageKey,
    /// Where administrators verify.
    pub(crate) verification_url: VerificationUrl,
    pub(crate) positions: PositionLists,
    /// By which days are counted.
    pub(crate) time_zones: TimeZones,
    /// How often a person may claim.
    pub(crate) claim_limits: ClaimLimits,
}
