//! Locations: places inside an organization.

use muster_ids::{LocationId, LocationName, OrganizationId};
use muster_states::Transition;
use time::OffsetDateTime;

use super::ShortName;

/// The most locations that an organization has, so that all of them can be told of at once.
pub(crate) const MAX_LOCATIONS: i64 = 1000;

/// A place inside an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) organization: OrganizationId,
    pub(crate) id: LocationId,
    pub(crate) display_name: ShortName,
    /// Raised with every change; from 1.
    pub(crate) version: i64,
    pub(crate) create_time: OffsetDateTime,
}

/// What is to be changed; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct LocationUpdate {
    pub(crate) display_name: Option<ShortName>,
}

impl Location {
    /// With other values.
    pub(crate) fn update(self, update: LocationUpdate) -> Transition<Self> {
        let mut next = self.clone();
        next.display_name = update.display_name.unwrap_or(next.display_name);
        if next == self {
            return Transition::AlreadyDone(self);
        }
        next.version += 1;
        Transition::Changed(next)
    }

    /// Its resource name.
    pub(crate) fn name(&self) -> LocationName {
        LocationName {
            organization: self.organization,
            location: self.id,
        }
    }
}
