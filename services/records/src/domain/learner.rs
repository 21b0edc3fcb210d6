//! What is known of a person's employment at an organization, and what it allows.

use muster_ids::EmploymentId;

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

/// Where an employment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EmploymentState {
    /// Claimed; waits for an administrator.
    PendingVerification,
    /// Confirmed by the organization.
    Verified,
    /// Refused by the organization.
    Rejected,
    /// Taken back by the person.
    Withdrawn,
    /// Over.
    Ended,
}

impl EmploymentState {
    const ALL: [Self; 5] = [
        Self::PendingVerification,
        Self::Verified,
        Self::Rejected,
        Self::Withdrawn,
        Self::Ended,
    ];

    /// The name in the database.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::PendingVerification => "PENDING_VERIFICATION",
            Self::Verified => "VERIFIED",
            Self::Rejected => "REJECTED",
            Self::Withdrawn => "WITHDRAWN",
            Self::Ended => "ENDED",
        }
    }

    /// The state of this name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

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
    fn a_state_is_read_as_it_was_written_and_two_are_open() {
        for state in EmploymentState::ALL {
            assert_eq!(EmploymentState::parse(state.as_str()), Some(state));
        }
        assert_eq!(
            EmploymentState::ALL
                .iter()
                .filter(|state| state.is_open())
                .count(),
            2
        );
    }
}
