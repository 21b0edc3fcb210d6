//! Groups: sets of learners with the trainings they must take.

use muster_ids::{GroupId, OrganizationId, TrainingId};
use muster_states::stored_enum;
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
    pub(crate) state: GroupState,
    pub(crate) version: i64,
    pub(crate) created: OffsetDateTime,
}

/// The most groups that an organization has, so that all of them can be told of at once.
pub(crate) const MOST_GROUPS: i64 = 1000;

stored_enum! {
    /// Whether a group takes learners.
    pub(crate) enum GroupState {
        Active = "ACTIVE",
        Inactive = "INACTIVE",
    }
}
