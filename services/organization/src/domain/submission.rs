//! What waits for registry staff.

use super::Organization;

/// A profile that waits for a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Submission {
    pub(crate) organization: Organization,
    pub(crate) rounds: Rounds,
}

/// What staff want to know before they look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Rounds {
    /// How often it was returned.
    pub(crate) returns: i64,
    /// How many others wait with its license number.
    pub(crate) rivals: i64,
}
