//! From messages to types that cannot be wrong.

use muster_ids::{GroupName, OrganizationId, OrganizationName, TrainingId, TrainingName};
use muster_proto::RequestMessage;
use muster_proto::organization::v1 as pb;
use muster_refusal::Violations;
use muster_server::names::all_named;
use muster_server::{Call, Parsed};

use crate::domain::{GroupUpdate, PublicName, ShortName};
use crate::ops::group::create::NewGroup;

pub(super) fn new(call: &Call<pb::CreateGroupRequest>, violations: &mut Violations) -> Parsed<NewGroup> {
    let given = call.message.group.clone().unwrap_or_default();
    let parent = call.name::<OrganizationName>(violations);
    let display_name = display_name(&given, violations);
    let trainings = trainings(&given, violations);
    let (Some(parent), Some(display_name), Some(trainings)) = (parent, display_name, trainings) else {
        return Ok(None);
    };
    Ok(Some(NewGroup {
        organization: parent.organization,
        display_name,
        trainings,
    }))
}

/// The group that the request names.
pub(super) fn named<M: RequestMessage>(call: &Call<M>, violations: &mut Violations) -> Parsed<GroupName> {
    Ok(call.name(violations))
}

pub(super) fn list(
    call: &Call<pb::ListGroupsRequest>,
    violations: &mut Violations,
) -> Parsed<OrganizationId> {
    let parent = call.name::<OrganizationName>(violations);
    Ok(parent.map(|parent| parent.organization))
}

pub(super) fn update(
    call: &Call<pb::UpdateGroupRequest>,
    violations: &mut Violations,
) -> Parsed<(GroupName, GroupUpdate)> {
    let given = call.message.group.clone().unwrap_or_default();
    let mask = call.update_mask(&["display_name", "trainings"], violations);
    let update = GroupUpdate {
        display_name: mask.when("display_name", || display_name(&given, violations)),
        trainings: mask.when("trainings", || trainings(&given, violations)),
    };
    Ok(call.name::<GroupName>(violations).map(|name| (name, update)))
}

fn display_name(given: &pb::Group, violations: &mut Violations) -> Option<ShortName> {
    let display_name = PublicName::parse(&given.display_name).map(PublicName::into_short);
    violations.check("group.display_name", display_name)
}

fn trainings(given: &pb::Group, violations: &mut Violations) -> Option<Vec<TrainingId>> {
    let trainings = all_named::<TrainingName>(violations, "group.trainings", &given.trainings)?;
    Some(trainings.into_iter().map(|name| name.training).collect())
}
