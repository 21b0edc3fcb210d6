//! Groups: sets of learners with the trainings they must take.

use muster_ids::{GroupId, GroupName, OrganizationId, TrainingId};
use muster_states::{Transition, stored_enum};
use time::OffsetDateTime;

use super::ShortName;

/// A set of learners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) organization: OrganizationId,
    pub(crate) id: GroupId,
    pub(crate) display_name: ShortName,
    /// In the order that the organization gave; each in its catalog.
    pub(crate) trainings: Vec<TrainingId>,
    /// Those of them that the catalog holds inactive, in the same order.
    pub(crate) inactive: Vec<TrainingId>,
    pub(crate) state: GroupState,
    /// Raised with every change; from 1.
    pub(crate) version: i64,
    pub(crate) create_time: OffsetDateTime,
}

/// What whoever invites into a group needs to know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvitingGroup {
    pub(crate) name: GroupName,
    pub(crate) display_name: ShortName,
    pub(crate) state: GroupState,
    pub(crate) version: i64,
    /// See [`Group::assigns`].
    pub(crate) assigns: bool,
}

/// What is to be changed; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct GroupUpdate {
    pub(crate) display_name: Option<ShortName>,
    pub(crate) trainings: Option<Vec<TrainingId>>,
}

impl Group {
    /// With other values. A group keeps its state: whether it takes learners is another decision. What it newly requires is active, as
    /// whoever stores it makes sure.
    pub(crate) fn update(self, update: GroupUpdate) -> Transition<Self> {
        let mut next = self.clone();
        next.display_name = update.display_name.unwrap_or(next.display_name);
        next.trainings = update.trainings.unwrap_or(next.trainings);
        let is_inactive = |training: &&TrainingId| self.inactive.contains(training);
        next.inactive = next.trainings.iter().filter(is_inactive).copied().collect();
        if next == self {
            return Transition::AlreadyDone(self);
        }
        next.version += 1;
        Transition::Changed(next)
    }

    /// Whether it takes learners from now on.
    pub(crate) fn switch(self, state: GroupState) -> Transition<Self> {
        if self.state == state {
            return Transition::AlreadyDone(self);
        }
        Transition::Changed(Self {
            state,
            version: self.version + 1,
            ..self
        })
    }

    /// Whether it requires anything that is assigned.
    pub(crate) fn assigns(&self) -> bool {
        self.trainings.len() > self.inactive.len()
    }

    /// Its resource name.
    pub(crate) fn name(&self) -> GroupName {
        GroupName {
            organization: self.organization,
            group: self.id,
        }
    }
}

impl From<Group> for InvitingGroup {
    fn from(group: Group) -> Self {
        Self {
            name: group.name(),
            assigns: group.assigns(),
            display_name: group.display_name,
            state: group.state,
            version: group.version,
        }
    }
}

/// The most groups that an organization has, so that all of them can be told of at once.
pub(crate) const MAX_GROUPS: i64 = 1000;

stored_enum! {
    /// Whether a group takes learners.
    pub(crate) enum GroupState {
        Active = "ACTIVE",
        Inactive = "INACTIVE",
    }
}
