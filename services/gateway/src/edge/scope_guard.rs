//! What every message of a request must keep to, not only the first.

use bytes::Bytes;
use muster_access::{ScopePath, scan};
use muster_ids::OrganizationId;
use muster_refusal::Refusal;

use super::{messages, refuse};

/// Looks at each message before it is forwarded.
#[derive(Debug)]
pub(super) struct ScopeGuard {
    scope: Option<(&'static ScopePath, OrganizationId)>,
}

impl ScopeGuard {
    /// For a method whose rule names no organization.
    pub(super) fn unscoped() -> Self {
        Self { scope: None }
    }

    /// For a call that was authorized on this organization by its first message.
    pub(super) fn scoped(path: &'static ScopePath, organization: OrganizationId) -> Self {
        let scope = Some((path, organization));
        Self { scope }
    }

    /// Looks at the next message. A later message may leave the scope out, but not name another.
    pub(super) fn check(&self, message: &Bytes) -> Result<(), Refusal> {
        let Some((path, organization)) = self.scope else {
            return Ok(());
        };
        match scan::scope(path, messages::payload(message)).map_err(refuse::malformed)? {
            None | Some("") => Ok(()),
            Some(named) if organization_of(named) == Some(organization) => Ok(()),
            Some(_) => Err(refuse::scope_changed()),
        }
    }
}

/// The organization that a message names; `None` if it names none.
pub(super) fn organization_in(path: &ScopePath, message: &Bytes) -> Result<Option<OrganizationId>, Refusal> {
    let named = scan::scope(path, messages::payload(message)).map_err(refuse::malformed)?;
    Ok(named.and_then(organization_of))
}

fn organization_of(scope: &str) -> Option<OrganizationId> {
    scan::organization(scope).map(OrganizationId::from_uuid)
}
