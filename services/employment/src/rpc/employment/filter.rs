//! Which employments a list shows, from messages.

use muster_ids::{GroupId, GroupName, LocationId, LocationName, OrganizationId, OrganizationName};
use muster_proto::employment::v1 as pb;
use muster_refusal::Violations;
use muster_server::names::{all_named, named};
use muster_server::{Call, Parsed};

use crate::domain::{EmploymentFilter, EmploymentOrder, EmploymentState};

type ListCall = Call<pb::ListEmploymentsRequest>;

pub(super) fn list(
    call: &ListCall,
    violations: &mut Violations,
) -> Parsed<(OrganizationId, EmploymentFilter)> {
    let message = &call.message;
    let parent = call.name::<OrganizationName>(violations);
    let states = states(violations, &message.states);
    let groups = groups(violations, &message.groups);
    let location = location(violations, &message.location);
    Ok((|| {
        let filter = EmploymentFilter {
            states: states?,
            groups: groups?,
            location: location?,
            text: message.text.trim().to_owned(),
            position: message.position.clone(),
            today: None,
            order: order(message.order()),
        };
        Some((parent?.organization, filter))
    })())
}

fn states(violations: &mut Violations, numbers: &[i32]) -> Option<Vec<EmploymentState>> {
    let each = numbers.iter().enumerate();
    let states: Vec<_> = each
        .map(|(place, &number)| violations.check(format!("states[{place}]"), state(number)))
        .collect();
    states.into_iter().collect()
}

fn state(number: i32) -> Result<EmploymentState, &'static str> {
    pb::EmploymentState::try_from(number)
        .ok()
        .and_then(|state| state.try_into().ok())
        .ok_or("must be a state of an employment")
}

/// Another organization's groups and locations hold nobody of this one: they find nothing.
fn groups(violations: &mut Violations, names: &[String]) -> Option<Vec<GroupId>> {
    let names: Vec<GroupName> = all_named(violations, "groups", names)?;
    Some(names.into_iter().map(|name| name.group).collect())
}

fn location(violations: &mut Violations, text: &str) -> Option<Option<LocationId>> {
    if text.is_empty() {
        return Some(None);
    }
    let name: LocationName = named(violations, "location", text)?;
    Some(Some(name.location))
}

fn order(order: pb::EmploymentOrder) -> EmploymentOrder {
    match order {
        pb::EmploymentOrder::Unspecified => EmploymentOrder::Newest,
        pb::EmploymentOrder::Name => EmploymentOrder::Name,
        pb::EmploymentOrder::Oldest => EmploymentOrder::Oldest,
        pb::EmploymentOrder::Waiting => EmploymentOrder::Waiting,
    }
}
