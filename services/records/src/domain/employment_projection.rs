//! What is known of a person's employment at an organization, and what it allows.

use muster_ids::{EmploymentId, GroupId, LocationId, TrainingId};
use muster_states::stored_enum;
use time::OffsetDateTime;

use super::ClaimedConsent;

/// The latest known employment of a person at an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EmploymentProjection {
    pub(crate) employment: EmploymentId,
    pub(crate) state: EmploymentState,
    /// The version of the employment: only a newer one replaces it.
    pub(crate) sequence: i64,
}

/// An employment as its service tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToldEmployment {
    pub(crate) projection: EmploymentProjection,
    /// When it began to be there; `None` when an earlier version told of it.
    pub(crate) create_time: Option<OffsetDateTime>,
    /// Where the person is placed; `None` when an earlier version told of it.
    pub(crate) placement: Option<Placement>,
    /// What the person granted with their claim.
    pub(crate) consent: Option<ClaimedConsent>,
}

/// Where a person is placed inside an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placement {
    /// The groups the learner is in.
    pub(crate) groups: Vec<GroupId>,
    /// The place of work.
    pub(crate) location: Option<LocationId>,
}

/// What a group is told to require.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Requirement {
    pub(crate) group: GroupId,
    /// Whether it takes learners: one that does not requires nothing new of anybody.
    pub(crate) is_active: bool,
    pub(crate) trainings: Vec<TrainingId>,
    /// Those of the trainings that nobody is assigned anew.
    pub(crate) inactive: Vec<TrainingId>,
    /// The version of the group: only a newer one replaces it.
    pub(crate) sequence: i64,
}

impl Requirement {
    /// What whoever comes to be in the group is assigned.
    pub(crate) fn assigned(&self) -> Vec<TrainingId> {
        if !self.is_active {
            return Vec::new();
        }
        let trainings = self.trainings.iter().copied();
        trainings
            .filter(|training| !self.inactive.contains(training))
            .collect()
    }
}

stored_enum! {
    /// Where an employment stands.
    pub(crate) enum EmploymentState {
        /// Claimed; waits for an administrator.
        PendingVerification = "PENDING_VERIFICATION",
        /// Confirmed by the organization.
        Verified = "VERIFIED",
        /// Refused by the organization.
        Rejected = "REJECTED",
        /// Taken back by the person.
        Withdrawn = "WITHDRAWN",
        /// Over.
        Ended = "ENDED",
    }
}

impl EmploymentState {
    /// The states in which the person is a learner of the organization: its own assignments are in its sight, and they may
    /// consent.
    pub(crate) const OPEN: [Self; 2] = [Self::PendingVerification, Self::Verified];

    /// Those in which a consent has lapsed.
    pub(crate) const OVER: [Self; 2] = [Self::Withdrawn, Self::Ended];

    /// Whether it is one of [`EmploymentState::OPEN`].
    pub(crate) fn is_open(self) -> bool {
        Self::OPEN.contains(&self)
    }
}
