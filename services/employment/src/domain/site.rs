//! An organization as a place of work.

use std::collections::BTreeMap;

use muster_ids::{GroupId, LocationId};

/// What an organization has of the groups and locations that were asked about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Places {
    /// Its groups, with whether they are active.
    pub(crate) groups: BTreeMap<GroupId, bool>,
    /// Its locations, with whether they are active.
    pub(crate) locations: BTreeMap<LocationId, bool>,
}

/// What is known of a place where somebody says that they work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Site {
    /// Who licenses it, such as `us-mi`.
    pub(crate) authority: String,
    pub(crate) stage: SiteStage,
    /// Whether it has the location that was asked about; true when none was.
    pub(crate) has_location: bool,
    /// Whether people are placed there; true when none was asked about.
    pub(crate) is_location_active: bool,
}

/// How far its profile has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SiteStage {
    /// Not approved yet.
    Before,
    Active,
    /// Halted or over.
    After,
}

impl Site {
    /// Whether anybody may claim to work there.
    pub(crate) fn takes_everybody(&self) -> bool {
        self.stage == SiteStage::Active
    }

    /// Whether the owner may: who sets a profile up works there before it is approved.
    pub(crate) fn takes_its_owner(&self) -> bool {
        self.stage == SiteStage::Before
    }
}
