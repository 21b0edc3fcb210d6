//! Locations: places inside an organization.

use muster_ids::{LocationId, OrganizationId};
use time::OffsetDateTime;

use super::ShortName;

/// A place inside an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) organization: OrganizationId,
    pub(crate) id: LocationId,
    pub(crate) display_name: ShortName,
    pub(crate) created: OffsetDateTime,
}
