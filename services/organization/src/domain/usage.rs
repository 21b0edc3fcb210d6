//! What still uses a group or a location.

use muster_ids::{GroupName, LocationName, OrganizationId};

/// Where people are, or are invited to.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Group(GroupName),
    Location(LocationName),
}

/// What still uses it, as far as those who know answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlaceUsage {
    /// `None` when employment did not answer.
    pub(crate) open_employments: Option<i32>,
    /// `None` when invitation did not answer.
    pub(crate) live_invitations: Option<i32>,
}

impl Place {
    /// Whose it is.
    pub(crate) fn organization(self) -> OrganizationId {
        match self {
            Self::Group(name) => name.organization,
            Self::Location(name) => name.organization,
        }
    }

    /// Its resource name, if it is a group.
    pub(crate) fn group(self) -> Option<GroupName> {
        match self {
            Self::Group(name) => Some(name),
            Self::Location(_) => None,
        }
    }

    /// Its resource name, if it is a location.
    pub(crate) fn location(self) -> Option<LocationName> {
        match self {
            Self::Group(_) => None,
            Self::Location(name) => Some(name),
        }
    }
}
