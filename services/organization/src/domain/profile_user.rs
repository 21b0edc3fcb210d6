//! Who administers an organization.

use muster_address::EmailAddress;
use muster_identity::Role;
use muster_ids::PersonId;

use super::{OrganizationState, PublicName};

/// A person with a role in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProfileUser {
    pub(crate) person: PersonId,
    pub(crate) role: Role,
}

/// Where mail for a profile user goes, and what it may say of the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProfileUserContact {
    pub(crate) role: Role,
    /// `None` when the person's issuer told no verified address.
    pub(crate) address: Option<EmailAddress>,
    pub(crate) organization_state: OrganizationState,
    pub(crate) organization_display_name: PublicName,
}
