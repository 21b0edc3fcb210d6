//! What registry staff do, for the audit.

use muster_ids::OrganizationId;
use muster_states::stored_enum;
use time::OffsetDateTime;
use uuid::Uuid;

/// One act of registry staff.
#[derive(Debug, Clone)]
pub(crate) struct StaffAct {
    pub(crate) organization: OrganizationId,
    pub(crate) id: Uuid,
    pub(crate) action: StaffAction,
    /// `person:<uuid>`.
    pub(crate) actor: String,
    /// As they stated it.
    pub(crate) reason: String,
    pub(crate) time: OffsetDateTime,
}

stored_enum! {
    /// What was done.
    pub(crate) enum StaffAction {
        ApproveOrganization = "APPROVE_ORGANIZATION",
        ReturnOrganization = "RETURN_ORGANIZATION",
        RejectOrganization = "REJECT_ORGANIZATION",
        SuspendOrganization = "SUSPEND_ORGANIZATION",
        ReinstateOrganization = "REINSTATE_ORGANIZATION",
        CloseOrganization = "CLOSE_ORGANIZATION",
        ActivateSubscription = "ACTIVATE_SUBSCRIPTION",
        MoveOwnership = "MOVE_OWNERSHIP",
        RenewLicense = "RENEW_LICENSE",
        SetLicenseStatus = "SET_LICENSE_STATUS",
    }
}
