//! What decides about inviting into an organization.

use muster_language::Language;

use super::{InvitingGroup, LicensingAuthority, OrganizationState, PublicName, Subscription};

/// An organization as somebody invites into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvitingOrganization {
    pub(crate) state: OrganizationState,
    pub(crate) display_name: PublicName,
    pub(crate) language: Language,
    pub(crate) authority: LicensingAuthority,
    /// The one that it was given last, in force or not.
    pub(crate) subscription: Option<Subscription>,
    /// Those of the groups that were asked about, in no order.
    pub(crate) groups: Vec<InvitingGroup>,
}
