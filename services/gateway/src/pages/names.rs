//! What organizations are called and by which clocks they go, for pages that speak of them.

use std::collections::{BTreeMap, BTreeSet};

use muster_clock::Zone;
use tonic::Status;

use super::Pages;
use super::session::Session;
use crate::limits::ClientAddress;

/// What is known of organizations, by their names.
pub(crate) struct Names(BTreeMap<String, Named>);

struct Named {
    display_name: String,
    zone: Zone,
}

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
        let found = found.into_iter().map(|one| {
            let named = Named {
                display_name: one.display_name,
                zone: Zone::named(&one.time_zone),
            };
            (one.name, named)
        });
        Ok(Self(found.collect()))
    }

    /// Empty for one of which nobody tells.
    pub(crate) fn called(&self, organization: &str) -> String {
        let known = self.0.get(organization);
        known.map(|known| known.display_name.clone()).unwrap_or_default()
    }

    /// In which its times are said; UTC for one of which nobody tells, and for what is no organization's.
    pub(crate) fn zone(&self, organization: &str) -> Zone {
        let known = self.0.get(organization);
        known.map(|known| known.zone.clone()).unwrap_or_default()
    }
}

/// The organization in the name of something that is in it.
pub(crate) fn organization_of(name: &str) -> &str {
    let end = name.match_indices('/').nth(1).map(|(end, _)| end);
    end.and_then(|end| name.get(..end)).unwrap_or(name)
}
