//! Things of other services, as the contract names them.

use muster_ids::{GroupId, GroupName, LocationId, LocationName, OrganizationId};

/// As the contract names them.
pub(crate) fn group_names(organization: OrganizationId, groups: &[GroupId]) -> Vec<String> {
    let name = |&group| GroupName { organization, group }.to_string();
    groups.iter().map(name).collect()
}

/// As the contract names it; empty for none.
pub(crate) fn location_name(organization: OrganizationId, location: Option<LocationId>) -> String {
    let name = |location| LocationName {
        organization,
        location,
    };
    location
        .map(|location| name(location).to_string())
        .unwrap_or_default()
}
