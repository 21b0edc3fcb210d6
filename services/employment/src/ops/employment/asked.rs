//! What others are asked before a verb that goes by days.

use std::collections::BTreeSet;

use muster_ids::{OrganizationId, PersonId};

use crate::context::Context;
use crate::error::Error;

/// What is known of an organization before somebody says that they work there.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    /// Who licenses it, by whose calendar its days are; empty of no organization.
    pub(crate) authority: String,
    /// Who can verify what is said, and is to hear that it waits.
    pub(crate) verifiers: BTreeSet<PersonId>,
}

/// What is known of an employment before it is locked, and stays so.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) person: PersonId,
    /// Who licenses the organization, by whose calendar its days are; empty of no organization.
    pub(crate) authority: String,
}

/// Who licenses the organization.
///
/// # Errors
/// Of a peer.
pub(super) async fn authority(context: &Context, organization: OrganizationId) -> Result<String, Error> {
    let site = context.peers.site(organization, None).await?;
    Ok(site.map(|site| site.authority).unwrap_or_default())
}
