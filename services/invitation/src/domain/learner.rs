//! Whoever an organization has invited or employs, as its list shows them: each once, by one word.

use muster_ids::{EmploymentId, GroupId, InvitationId, LearnerId, LocationId, OrganizationId, PersonId};
use time::OffsetDateTime;

use super::invitation::{DeliveryState, StateName};

/// A line of the list.
#[derive(Debug, Clone)]
pub(crate) struct Learner {
    pub(crate) organization: OrganizationId,
    pub(crate) id: LearnerId,
    /// As it is shown: what has run out is EXPIRED.
    pub(crate) state: StateName,
    /// At which they were invited last, as it was given; empty of whom nobody invited.
    pub(crate) address: String,
    /// Once they have joined.
    pub(crate) person: Option<PersonId>,
    /// Empty before they joined.
    pub(crate) display_name: String,
    pub(crate) groups: Vec<GroupId>,
    pub(crate) location: Option<LocationId>,
    /// The one whose state this is, or the one that was accepted last.
    pub(crate) invitation: Option<InvitationId>,
    /// Of its latest mail; `None` once it was accepted.
    pub(crate) delivery: Option<DeliveryState>,
    pub(crate) employment: Option<EmploymentId>,
    pub(crate) create_time: OffsetDateTime,
}

/// Which learners are listed, and how. What is empty lets everybody through.
#[derive(Debug, Clone, Default)]
pub(crate) struct LearnerFilter {
    pub(crate) states: Vec<StateName>,
    /// In, or invited to, one of these.
    pub(crate) groups: Vec<GroupId>,
    pub(crate) location: Option<LocationId>,
    /// Part of the name or of the address, in whatever case.
    pub(crate) text: String,
    pub(crate) order: LearnerOrder,
}

impl LearnerFilter {
    /// Whether it asks for states in which nobody is who has joined and not left, and for nothing else.
    pub(crate) fn is_by_state_alone(&self) -> bool {
        let is_by_rest = !self.groups.is_empty() || self.location.is_some() || !self.text.is_empty();
        !self.states.is_empty() && !self.states.contains(&StateName::Active) && !is_by_rest
    }
}

/// In which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum LearnerOrder {
    #[default]
    Newest,
    Oldest,
    /// By the person's name; then those without one, oldest first.
    Name,
}

/// Where an employment stands, as the list takes it in.
#[derive(Debug, Clone)]
pub(crate) struct Employment {
    pub(crate) organization: OrganizationId,
    pub(crate) person: PersonId,
    pub(crate) id: EmploymentId,
    /// Its version; only a newer one is taken in.
    pub(crate) sequence: i64,
    pub(crate) is_open: bool,
    /// Whether the organization has ever verified it: a claim alone makes nobody a learner.
    pub(crate) was_verified: bool,
    pub(crate) groups: Vec<GroupId>,
    pub(crate) location: Option<LocationId>,
    pub(crate) create_time: OffsetDateTime,
}

impl Employment {
    /// Whether it makes the person a learner, also while it waits to be verified again.
    pub(crate) fn is_employed(&self) -> bool {
        self.is_open && self.was_verified
    }
}
