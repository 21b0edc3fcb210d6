//! What registry staff do, for the audit.

use muster_database::words;
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

words! {
    /// What was done.
    pub(crate) enum Deed {
        ApproveOrganization = "APPROVE_ORGANIZATION",
        ActivateSubscription = "ACTIVATE_SUBSCRIPTION",
    }
}
