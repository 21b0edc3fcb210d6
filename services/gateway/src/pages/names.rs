//! What organizations are called, for pages that speak of them.

use std::collections::{BTreeMap, BTreeSet};

use tonic::Status;

use super::Pages;
use super::session::Session;
use crate::limits::ClientAddress;

/// What organizations are called, by their names.
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    /// Of these organizations.
    pub(crate) async fn of(
        pages: &Pages,
        client: &ClientAddress,
        session: &Session,
        organizations: BTreeSet<String>,
    ) -> Result<Self, Status> {
        let wanted = organizations.into_iter().collect();
        let found = pages.edge.names_of(client, session, wanted).await?;
        let found = found.into_iter().map(|one| (one.name, one.display_name));
        Ok(Self(found.collect()))
    }

    /// Empty for one of which nobody tells.
    pub(crate) fn called(&self, organization: &str) -> String {
        self.0.get(organization).cloned().unwrap_or_default()
    }
}

/// The organization in the name of something that is in it.
pub(crate) fn organization_of(name: &str) -> &str {
    let end = name.match_indices('/').nth(1).map(|(end, _)| end);
    end.and_then(|end| name.get(..end)).unwrap_or(name)
}
