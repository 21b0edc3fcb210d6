//! Questions of other services. Their callers are workloads, so the organization is the one that they name; what they
//! name of another one is left out, like what does not exist.

use muster_ids::{
    GroupId, GroupName, LocationId, LocationName, OrganizationId, OrganizationName, PersonId, PersonName,
};
use muster_proto::organization::v1 as pb;
use muster_refusal::Violations;
use muster_server::names::{all_named, named};
use muster_server::{Call, Parsed};

/// The organization that a workload names.
pub(in crate::rpc) fn named_organization(violations: &mut Violations, text: &str) -> Option<OrganizationId> {
    let name = named::<OrganizationName>(violations, "organization", text);
    name.map(|name| name.organization)
}

pub(in crate::rpc) fn role_question(
    call: &Call<pb::GetRoleRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, PersonId)> {
    let organization = named_organization(violations, &call.message.organization);
    let person = named::<PersonName>(violations, "person", &call.message.person);
    Ok(organization.zip(person.map(|name| name.person)))
}

/// What inviting asks about.
pub(in crate::rpc) struct InvitingQuestion {
    pub(in crate::rpc) organization: OrganizationId,
    pub(in crate::rpc) groups: Vec<GroupId>,
    pub(in crate::rpc) locations: Vec<LocationId>,
}

pub(in crate::rpc) fn inviting_question(
    call: &Call<pb::GetInvitingContextRequest>,
    violations: &mut Violations,
) -> Parsed<InvitingQuestion> {
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
    Ok(Some(InvitingQuestion {
        organization,
        groups: own(organization, groups),
        locations: locations.map(|name| name.location).collect(),
    }))
}

pub(in crate::rpc) fn groups_question(
    call: &Call<pb::BatchGetGroupsRequest>,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, Vec<GroupId>)> {
    let organization = named_organization(violations, &call.message.organization);
    let groups = all_named::<GroupName>(violations, "names", &call.message.names);
    let asked = organization.zip(groups);
    Ok(asked.map(|(organization, groups)| (organization, own(organization, groups))))
}

fn own(organization: OrganizationId, groups: Vec<GroupName>) -> Vec<GroupId> {
    let own = groups
        .into_iter()
        .filter(|name| name.organization == organization);
    own.map(|name| name.group).collect()
}
