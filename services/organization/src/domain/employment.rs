//! What the employment service tells of somebody's employment.

use muster_ids::{EmploymentId, OrganizationId, PersonId};
use muster_states::stored_enum;

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

/// News of the newest employment of a person at an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EmploymentNews {
    pub(crate) organization: OrganizationId,
    pub(crate) person: PersonId,
    pub(crate) employment: EmploymentId,
    pub(crate) state: EmploymentState,
}
