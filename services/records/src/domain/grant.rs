//! Consent, and what was read because of it.

use muster_ids::{AccessId, GrantId, OrganizationId, PersonId};
use time::OffsetDateTime;

/// A person's consent that an organization may read their learning record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Who consents.
    pub(crate) person: PersonId,
    /// Its id.
    pub(crate) id: GrantId,
    /// The organization that may read.
    pub(crate) organization: OrganizationId,
    /// Where it stands.
    pub(crate) state: GrantState,
    /// When it was given.
    pub(crate) create_time: OffsetDateTime,
}

/// Where a grant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GrantState {
    /// Given; in force while the employment is verified.
    Active,
    /// Taken back by the person.
    Revoked {
        /// When.
        revoke_time: OffsetDateTime,
    },
    /// Ended with the employment.
    Lapsed,
}

/// One reading of a person's learning record. Allowed by their grant: there is no other way yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RecordAccess {
    /// Whose record was read.
    pub(crate) person: PersonId,
    /// Its id.
    pub(crate) id: AccessId,
    /// The organization for which it was read.
    pub(crate) organization: OrganizationId,
    /// Who read.
    pub(crate) reader: PersonId,
    /// Their name at the time; may be empty.
    pub(crate) reader_display_name: String,
    /// The grant that allowed it.
    pub(crate) grant: GrantId,
    /// When.
    pub(crate) access_time: OffsetDateTime,
}
