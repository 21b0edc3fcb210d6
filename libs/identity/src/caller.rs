//! The caller as a handler sees it.

use muster_address::EmailAddress;
use muster_ids::{OrganizationId, PersonId};
use serde::{Deserialize, Serialize};

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Nobody in particular: a public call, or the holder of a link without a sign-in.
    Anonymous,
    /// A human.
    Person(PersonCaller),
    /// A program of the platform, by the name of its service account.
    Workload {
        /// The name: `invitation`, `learning-system`.
        name: String,
    },
}

/// A human, as their issuer knows them, with the access that this one call was granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonCaller {
    /// Derived from issuer and subject.
    pub id: PersonId,
    /// The name that the issuer gives.
    pub name: Option<String>,
    /// Addresses that the issuer has verified, where the issuer is trusted to.
    pub emails: Vec<EmailAddress>,
    /// Whether the issuer says that this is registry staff, where the issuer is trusted to.
    pub staff: bool,
    /// What the edge decided for this call. `None` where the rule requires no permission.
    pub access: Option<Access>,
}

/// A permission that was granted, and on what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The permission: `invitation.create`.
    pub permission: String,
    /// The organization that the request names; `None` for the platform.
    pub organization: Option<OrganizationId>,
    /// The person's role in that organization. `None` for registry staff without one.
    pub role: Option<Role>,
}

/// A role in an organization. Ordered: each may do what the one before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Role {
    /// May look.
    Viewer,
    /// May administer.
    Admin,
    /// The one owner.
    Owner,
}

impl Role {
    /// The name in policies and tokens: `VIEWER`, `ADMIN`, `OWNER`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "VIEWER",
            Role::Admin => "ADMIN",
            Role::Owner => "OWNER",
        }
    }
}

impl Caller {
    /// The person, if it is one.
    #[must_use]
    pub fn person(&self) -> Option<&PersonCaller> {
        match self {
            Caller::Person(person) => Some(person),
            Caller::Anonymous | Caller::Workload { .. } => None,
        }
    }

    /// The organization on which a permission was granted for this call.
    #[must_use]
    pub fn organization(&self) -> Option<OrganizationId> {
        self.person()?.access.as_ref()?.organization
    }

    /// The caller's role in that organization.
    #[must_use]
    pub fn organization_role(&self) -> Option<Role> {
        self.person()?.access.as_ref()?.role
    }

    /// The caller as it is written into audit trails and idempotency keys: `person:<uuid>`, `workload:<name>`, `anonymous`.
    #[must_use]
    pub fn actor(&self) -> String {
        match self {
            Caller::Anonymous => "anonymous".to_owned(),
            Caller::Person(person) => format!("person:{}", person.id),
            Caller::Workload { name } => format!("workload:{name}"),
        }
    }
}
