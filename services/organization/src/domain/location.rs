//! Locations: places inside an organization.

use muster_ids::{LocationId, LocationName, OrganizationId};
use muster_states::{Transition, stored_enum};
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
    pub(crate) state: LocationState,
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
    /// With other values. A location keeps its state: whether people are placed there is another decision.
    pub(crate) fn update(self, update: LocationUpdate) -> Transition<Self> {
        let mut next = self.clone();
        next.display_name = update.display_name.unwrap_or(next.display_name);
        if next == self {
            return Transition::AlreadyDone(self);
        }
        next.version += 1;
        Transition::Changed(next)
    }

    /// Whether people are placed there from now on.
    pub(crate) fn switch(self, state: LocationState) -> Transition<Self> {
        if self.state == state {
            return Transition::AlreadyDone(self);
        }
        Transition::Changed(Self {
            state,
            version: self.version + 1,
            ..self
        })
    }

    /// Its resource name.
    pub(crate) fn name(&self) -> LocationName {
        LocationName {
            organization: self.organization,
            location: self.id,
        }
    }
}

stored_enum! {
    /// Whether people are placed at a location.
    pub(crate) enum LocationState {
        Active = "ACTIVE",
        Inactive = "INACTIVE",
    }
}
