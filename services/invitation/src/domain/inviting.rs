//! What an organization may invite to: its state, groups, locations and limits, as it said when it was asked.

use std::collections::{BTreeSet, HashMap};

use muster_ids::{GroupId, LocationId};
use muster_language::Language;
use sha2::{Digest, Sha256};

/// The answer of the organization service, parsed.
#[derive(Debug, Clone)]
pub(crate) struct InvitingContext {
    /// Whether the organization is active.
    pub(crate) status: OrganizationStatus,
    pub(crate) display_name: String,
    /// In which it speaks to people, unless something else is said.
    pub(crate) language: Language,
    /// In which people are told its times, as the IANA calls it; empty when nobody told it.
    pub(crate) time_zone: String,
    pub(crate) plan: Plan,
    pub(crate) limits: Limits,
    pub(crate) groups: HashMap<GroupId, Group>,
    pub(crate) locations: HashMap<LocationId, Location>,
}

/// The state of the organization, as far as inviting goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OrganizationStatus {
    /// May invite.
    Active,
    /// Halted: its mail and its imports wait.
    Suspended,
    /// Not yet, or no longer; the word names the state.
    Other(String),
}

impl OrganizationStatus {
    /// The state's word.
    pub(crate) fn word(&self) -> &str {
        match self {
            OrganizationStatus::Active => "ACTIVE",
            OrganizationStatus::Suspended => "SUSPENDED",
            OrganizationStatus::Other(word) => word,
        }
    }
}

/// The plan in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    /// By hand only.
    Basic,
    /// Spreadsheets too.
    Premium,
}

/// What the plan allows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Invitations in one call by hand.
    pub(crate) by_hand: i64,
    /// Rows of one spreadsheet.
    pub(crate) import_rows: i64,
    /// Messages in 24 hours.
    pub(crate) messages_per_day: i64,
}

/// A group that people are invited into.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) display_name: String,
    /// Changes with every change of the group.
    pub(crate) etag: String,
    pub(crate) is_active: bool,
    pub(crate) has_trainings: bool,
}

/// A place at which people are invited to work.
#[derive(Debug, Clone)]
pub(crate) struct Location {
    pub(crate) display_name: String,
    pub(crate) is_active: bool,
}

/// The organization may not invite, nor be joined; the word names its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotActive {
    pub(crate) state: String,
}

impl InvitingContext {
    /// Whether the organization may invite and be joined.
    ///
    /// # Errors
    /// Which state it is in instead.
    pub(crate) fn require_active(&self) -> Result<(), NotActive> {
        match &self.status {
            OrganizationStatus::Active => Ok(()),
            other => Err(NotActive {
                state: other.word().to_owned(),
            }),
        }
    }

    /// The same with no more than these groups and locations.
    pub(crate) fn of(&self, groups: &BTreeSet<GroupId>, locations: &BTreeSet<LocationId>) -> Self {
        let group = |id: &GroupId| Some((*id, self.groups.get(id)?.clone()));
        let location = |id: &LocationId| Some((*id, self.locations.get(id)?.clone()));
        Self {
            status: self.status.clone(),
            display_name: self.display_name.clone(),
            time_zone: self.time_zone.clone(),
            groups: groups.iter().filter_map(group).collect(),
            locations: locations.iter().filter_map(location).collect(),
            ..*self
        }
    }

    /// Those of the groups that take learners.
    pub(crate) fn active_among(&self, groups: &[GroupId]) -> Vec<GroupId> {
        let is_active = |id: &GroupId| self.groups.get(id).is_some_and(|group| group.is_active);
        groups.iter().copied().filter(is_active).collect()
    }

    /// The location, if people are placed there.
    pub(crate) fn active_location(&self, location: Option<LocationId>) -> Option<LocationId> {
        let is_active = |id: &LocationId| self.locations.get(id).is_some_and(|location| location.is_active);
        location.filter(is_active)
    }

    /// The names of the active ones among the groups, sorted.
    pub(crate) fn names_of_active(&self, groups: &[GroupId]) -> Vec<String> {
        let active = self.active_among(groups);
        let mut names: Vec<String> = active
            .iter()
            .filter_map(|id| self.groups.get(id))
            .map(|group| group.display_name.clone())
            .collect();
        names.sort();
        names
    }

    /// Changes when a group or a location does: a preview made before is stale then.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        let mut parts: Vec<String> = self
            .groups
            .iter()
            .map(|(id, group)| format!("g {id} {} {} {}", group.is_active, group.etag, group.display_name))
            .chain(self.locations.iter().map(|(id, location)| {
                // As it was when all of them were active: a preview of then stays what it is.
                let inactive = if location.is_active { "" } else { "false " };
                format!("l {id} {inactive}{}", location.display_name)
            }))
            .collect();
        parts.sort();
        Sha256::digest(parts.join("\n").as_bytes()).into()
    }
}
