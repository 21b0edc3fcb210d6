//! The closing of an organization.

use muster_ids::OrganizationId;
use time::OffsetDateTime;

/// An organization that was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Closing {
    pub(crate) organization: OrganizationId,
    /// Who licenses it; empty when that was not known.
    pub(crate) authority: String,
    /// Who closed it: `person:<uuid>`.
    pub(crate) actor: String,
    pub(crate) time: OffsetDateTime,
}
