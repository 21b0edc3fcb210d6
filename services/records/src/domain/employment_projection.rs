//! What is known of a person's employment at an organization, and what it allows.

use muster_ids::EmploymentId;
use muster_states::stored_enum;

/// The latest known employment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The employment.
    pub(crate) employment: EmploymentId,
    /// Its state.
    pub(crate) state: EmploymentState,
    /// Its version: only a newer one replaces it.
    pub(crate) sequence: i64,
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
    /// Whether the person is a learner of the organization: its own assignments are in its sight, and they may consent.
    pub(crate) fn is_open(self) -> bool {
        match self {
            Self::PendingVerification | Self::Verified => true,
            Self::Rejected | Self::Withdrawn | Self::Ended => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_states_are_open() {
        assert_eq!(
            EmploymentState::ALL
                .iter()
                .filter(|state| state.is_open())
                .count(),
            2
        );
    }
}
