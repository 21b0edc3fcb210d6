//! Which employments of an organization somebody wants to see.

use muster_ids::{GroupId, LocationId};
use time::Date;

use super::EmploymentState;

/// What a list shows, and in which order. What is empty lets everything through.
#[derive(Debug, Clone, Default)]
pub(crate) struct EmploymentFilter {
    pub(crate) states: Vec<EmploymentState>,
    /// In one of these.
    pub(crate) groups: Vec<GroupId>,
    pub(crate) location: Option<LocationId>,
    /// Part of the person's name, in whatever case.
    pub(crate) text: String,
    /// Code of a position that is held on `today`.
    pub(crate) position: String,
    /// The day that it is where the organization is; `None`: nobody asks for a position.
    pub(crate) today: Option<Date>,
    pub(crate) order: EmploymentOrder,
}

/// In which order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum EmploymentOrder {
    #[default]
    Newest,
    Oldest,
    /// By the person's name.
    Name,
    /// Those that wait, longest first; then the others, oldest first.
    Waiting,
}
