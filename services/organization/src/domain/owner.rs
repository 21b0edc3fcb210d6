//! The person who answers for an organization.

use muster_ids::PersonId;

/// The one owner of an organization, who is its director once it is approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) person: PersonId,
    /// From the person's own token; not every issuer gives one.
    pub(crate) display_name: Option<String>,
}
