//! From messages to types that cannot be wrong.

use muster_ids::{LocationName, OrganizationId, OrganizationName};
use muster_proto::RequestMessage;
use muster_proto::organization::v1 as pb;
use muster_refusal::Violations;
use muster_server::{Call, Parsed};

use crate::domain::{LocationUpdate, ShortName};
use crate::ops::location::create::NewLocation;

pub(super) fn new(
    call: &Call<pb::CreateLocationRequest>,
    violations: &mut Violations,
) -> Parsed<NewLocation> {
    let given = call.message.location.clone().unwrap_or_default();
    let parent = call.name::<OrganizationName>(violations);
    let told = parent.zip(display_name(&given, violations));
    Ok(told.map(|(parent, display_name)| NewLocation {
        organization: parent.organization,
        display_name,
    }))
}

/// The location that the request names.
pub(super) fn named<M: RequestMessage>(call: &Call<M>, violations: &mut Violations) -> Parsed<LocationName> {
    Ok(call.name(violations))
}

pub(super) fn list(
    call: &Call<pb::ListLocationsRequest>,
    violations: &mut Violations,
) -> Parsed<OrganizationId> {
    let parent = call.name::<OrganizationName>(violations);
    Ok(parent.map(|parent| parent.organization))
}

pub(super) fn update(
    call: &Call<pb::UpdateLocationRequest>,
    violations: &mut Violations,
) -> Parsed<(LocationName, LocationUpdate)> {
    let given = call.message.location.clone().unwrap_or_default();
    let mask = call.update_mask(&["display_name"], violations);
    let update = LocationUpdate {
        display_name: mask.when("display_name", || display_name(&given, violations)),
    };
    Ok(call.name::<LocationName>(violations).map(|name| (name, update)))
}

fn display_name(given: &pb::Location, violations: &mut Violations) -> Option<ShortName> {
    violations.check("location.display_name", ShortName::parse(&given.display_name))
}
