//! What every message of a request must keep to, not only the first.

use bytes::Bytes;
use muster_access::{MethodRule, ScopePath, scan};
use muster_ids::OrganizationId;
use muster_refusal::Refusal;

use super::{messages, refuse};

/// Looks at each message before it is forwarded.
#[derive(Debug)]
pub(super) struct Guard {
    scope: Option<(&'static ScopePath, OrganizationId)>,
    single: bool,
    seen: bool,
}

impl Guard {
    /// For a method whose rule names no organization.
    pub(super) fn unscoped(rule: &MethodRule) -> Self {
        Self {
            scope: None,
            single: !rule.client_streaming,
            seen: false,
        }
    }

    /// For a call that was authorized on this organization by its first message.
    pub(super) fn scoped(rule: &MethodRule, path: &'static ScopePath, organization: OrganizationId) -> Self {
        Self {
            scope: Some((path, organization)),
            single: !rule.client_streaming,
            seen: true,
        }
    }

    /// Looks at the next message. A later message may leave the scope out, but not name another.
    pub(super) fn check(&mut self, message: &Bytes) -> Result<(), Refusal> {
        if self.single && self.seen {
            return Err(refuse::bad_framing());
        }
        self.seen = true;
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
