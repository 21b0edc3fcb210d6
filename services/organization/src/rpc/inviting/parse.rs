//! From messages to types that cannot be wrong. What is named of another organization is left out, like what does not exist.

use muster_ids::{GroupId, GroupName, LocationId, LocationName, OrganizationId};
use muster_proto::organization::v1 as pb;
use muster_refusal::Violations;
use muster_server::names::all_named;
use muster_server::{Call, Parsed};

use crate::rpc::group::internal::own;
use crate::rpc::named_organization;

/// What inviting asks about.
pub(super) struct ContextQuery {
    pub(super) organization: OrganizationId,
    pub(super) groups: Vec<GroupId>,
    pub(super) locations: Vec<LocationId>,
}

pub(super) fn context(
    call: &Call<pb::GetInvitingContextRequest>,
    violations: &mut Violations,
) -> Parsed<ContextQuery> {
    let asked = &call.message;
    let organization = named_organization(violations, &asked.organization);
    let groups = all_named::<GroupName>(violations, "groups", &asked.groups);
    let locations = all_named::<LocationName>(violations, "locations", &asked.locations);
    let (Some(organization), Some(groups), Some(locations)) = (organization, groups, locations) else {
        return Ok(None);
    };
    let locations = locations
        .into_iter()
        .filter(|name| name.organization == organization);
    Ok(Some(ContextQuery {
        organization,
        groups: own(organization, groups),
        locations: locations.map(|name| name.location).collect(),
    }))
}

/// Which open page is asked for.
pub(super) enum OpenPageQuery {
    Slug(String),
    Organization(OrganizationId),
}

pub(super) fn open_page(
    call: &Call<pb::GetOpenJoinPageRequest>,
    violations: &mut Violations,
) -> Parsed<OpenPageQuery> {
    let asked = &call.message;
    if !asked.slug.is_empty() {
        return Ok(Some(OpenPageQuery::Slug(asked.slug.clone())));
    }
    let organization = named_organization(violations, &asked.organization);
    Ok(organization.map(OpenPageQuery::Organization))
}

pub(super) fn groups(
    call: &Call<pb::ListInvitingGroupsRequest>,
    violations: &mut Violations,
) -> Parsed<OrganizationId> {
    Ok(named_organization(violations, &call.message.organization))
}

pub(super) fn locations(
    call: &Call<pb::ListInvitingLocationsRequest>,
    violations: &mut Violations,
) -> Parsed<OrganizationId> {
    Ok(named_organization(violations, &call.message.organization))
}
