//! From messages to types that cannot be wrong.

use muster_ids::{OrganizationId, OrganizationName, PersonName};
use muster_proto::organization::v1 as pb;
use muster_refusal::Violations;
use muster_server::names::named;
use muster_server::{Call, Parsed, convert};

use crate::domain::{AccessUpdate, End, GivenRole};
use crate::ops::profile_user::create::NewProfileUser;
use crate::ops::profile_user::remove::Removal;
use crate::ops::profile_user::update::Change;

pub(super) fn list(
    call: &Call<pb::ListProfileUsersRequest>,
    violations: &mut Violations,
) -> Parsed<OrganizationId> {
    let parent = call.name::<OrganizationName>(violations);
    Ok(parent.map(|parent| parent.organization))
}

pub(super) fn new(
    call: &Call<pb::CreateProfileUserRequest>,
    violations: &mut Violations,
) -> Parsed<NewProfileUser> {
    let by = call.person()?.id;
    let given = call.message.profile_user.clone().unwrap_or_default();
    let parent = call.name::<OrganizationName>(violations);
    let person = named::<PersonName>(violations, "profile_user.person", &given.person);
    let (role, end) = (role(&given, violations), end(&given, violations));
    let (Some(parent), Some(person), Some(role), Some(end)) = (parent, person, role, end) else {
        return Ok(None);
    };
    Ok(Some(NewProfileUser {
        organization: parent.organization,
        person: person.person,
        role,
        end,
        by,
    }))
}

pub(super) fn update(
    call: &Call<pb::UpdateProfileUserRequest>,
    violations: &mut Violations,
) -> Parsed<Change> {
    let by = call.person()?.id;
    let given = call.message.profile_user.clone().unwrap_or_default();
    let mask = call.update_mask(&["role", "expire_time"], violations);
    let update = AccessUpdate {
        role: mask.when("role", || role(&given, violations)),
        end: mask.when("expire_time", || end(&given, violations)),
    };
    Ok(call.name(violations).map(|name| Change { name, update, by }))
}

pub(super) fn remove(
    call: &Call<pb::RemoveProfileUserRequest>,
    violations: &mut Violations,
) -> Parsed<Removal> {
    let by = call.person()?.id;
    Ok(call.name(violations).map(|name| Removal { name, by }))
}

fn role(given: &pb::ProfileUser, violations: &mut Violations) -> Option<GivenRole> {
    violations.check("profile_user.role", GivenRole::try_from(given.role()))
}

fn end(given: &pb::ProfileUser, violations: &mut Violations) -> Option<End> {
    let end = given.expire_time.map(convert::from_timestamp).transpose();
    violations.check("profile_user.expire_time", end).map(End)
}
