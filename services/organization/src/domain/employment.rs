//! What the employment service tells of somebody's employment.

use muster_ids::{EmploymentId, OrganizationId, PersonId};
use muster_states::stored_enum;
use time::OffsetDateTime;

stored_enum! {
    /// Where an employment stands.
    pub(crate) enum EmploymentState {
        PendingVerification = "PENDING_VERIFICATION",
        Verified = "VERIFIED",
        Rejected = "REJECTED",
        Withdrawn = "WITHDRAWN",
        Ended = "ENDED",
    }
}

impl EmploymentState {
    /// Those with which access that came from the employment has ended.
    pub(crate) const OVER: [Self; 3] = [Self::Rejected, Self::Withdrawn, Self::Ended];
}

/// News of the newest employment of a person at an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EmploymentNews {
    pub(crate) organization: OrganizationId,
    pub(crate) person: PersonId,
    pub(crate) employment: EmploymentId,
    pub(crate) state: EmploymentState,
}

/// People who say that they work at an organization, and whom nobody there has verified or rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WaitingClaims {
    pub(crate) count: i64,
    /// Since when the first of them has waited; `None` when nobody does.
    pub(crate) oldest: Option<OffsetDateTime>,
}

impl WaitingClaims {
    /// Whether somebody waits of whom the caller has not said that they have seen them.
    pub(crate) fn are_more_than(self, acknowledged: i64) -> bool {
        self.count > acknowledged
    }
}
