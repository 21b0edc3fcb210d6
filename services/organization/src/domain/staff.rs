//! What registry staff do, for the audit.

use muster_ids::OrganizationId;
use time::OffsetDateTime;
use uuid::Uuid;

/// One act of registry staff.
#[derive(Debug, Clone)]
pub(crate) struct StaffAct {
    pub(crate) organization: OrganizationId,
    pub(crate) id: Uuid,
    pub(crate) deed: Deed,
    /// `person:<uuid>`.
    pub(crate) actor: String,
    /// As they stated it.
    pub(crate) reason: String,
    pub(crate) time: OffsetDateTime,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    ApproveOrganization,
    ActivateSubscription,
}

impl Deed {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::ApproveOrganization => "APPROVE_ORGANIZATION",
            Self::ActivateSubscription => "ACTIVATE_SUBSCRIPTION",
        }
    }
}
