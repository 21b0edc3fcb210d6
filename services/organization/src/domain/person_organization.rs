//! An organization of a person.

use super::{OrganizationNumber, OrganizationState, ProfileUser, PublicName, SeenProfileUser};
use time::OffsetDateTime;

/// An organization, and what a person is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PersonOrganization {
    pub(crate) number: OrganizationNumber,
    pub(crate) display_name: PublicName,
    pub(crate) state: OrganizationState,
    pub(crate) user: ProfileUser,
}

/// The same with whether their access counts now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeenPersonOrganization {
    pub(crate) number: OrganizationNumber,
    pub(crate) display_name: PublicName,
    pub(crate) state: OrganizationState,
    pub(crate) seen: SeenProfileUser,
}

impl PersonOrganization {
    /// As the person sees it now.
    pub(crate) fn seen(self, now: OffsetDateTime) -> SeenPersonOrganization {
        let Self {
            number,
            display_name,
            state,
            user,
        } = self;
        SeenPersonOrganization {
            number,
            display_name,
            state,
            seen: user.seen(now),
        }
    }
}
