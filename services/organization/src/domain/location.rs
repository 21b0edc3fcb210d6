//! Locations: places inside an organization.

use muster_ids::{LocationId, OrganizationId};
use time::OffsetDateTime;

use super::ShortName;

/// The most locations that an organization has, so that all of them can be told of at once.
pub(crate) const MOST_LOCATIONS: i64 = 1000;

/// A place inside an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) organization: OrganizationId,
    pub(crate) id: LocationId,
    pub(crate) display_name: ShortName,
    pub(crate) created: OffsetDateTime,
}
