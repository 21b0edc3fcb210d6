//! What the organization and its plan say to what is asked for.

use muster_server::failure::first_of;

use super::Create;
use crate::domain::inviting::InvitingContext;
use crate::error::{Error, Field};

/// Looks at the number of invitations, then at all their groups and locations.
pub(super) fn check(command: &Create, inviting: &InvitingContext) -> Result<(), Error> {
    let (used, limit) = (
        i64::try_from(command.specs.len()).unwrap_or(i64::MAX),
        inviting.limits.by_hand,
    );
    if used > limit && used > 1 {
        return Err(Error::TooManyInvitations { used, limit });
    }
    let (mut unknown, mut inactive, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for spec in &command.specs {
        for (place, id) in spec.groups.iter().enumerate() {
            let path = format!("{}groups[{place}]", spec.path);
            match inviting.groups.get(id) {
                Some(group) if group.is_active => {}
                Some(_) => inactive.push(Field {
                    path,
                    problem: "is not active",
                }),
                None => unknown.push(Field {
                    path,
                    problem: "is not a group of this organization",
                }),
            }
        }
        if let Some(id) = spec.location {
            let path = format!("{}location", spec.path);
            match inviting.locations.get(&id) {
                Some(location) if location.is_active => {}
                Some(_) => places.push(Field {
                    path,
                    problem: "is not active",
                }),
                None => unknown.push(Field {
                    path,
                    problem: "is not a location of this organization",
                }),
            }
        }
    }
    first_of([
        (unknown, Error::GroupUnknown),
        (inactive, Error::GroupInactive),
        (places, Error::LocationInactive),
    ])
}
