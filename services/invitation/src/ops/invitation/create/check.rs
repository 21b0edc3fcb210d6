//! What the organization and its plan say to what is asked for.

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
    let (mut unknown, mut inactive) = (Vec::new(), Vec::new());
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
        if spec
            .location
            .is_some_and(|id| !inviting.locations.contains_key(&id))
        {
            let path = format!("{}location", spec.path);
            unknown.push(Field {
                path,
                problem: "is not a location of this organization",
            });
        }
    }
    match (unknown.is_empty(), inactive.is_empty()) {
        (false, _) => Err(Error::GroupUnknown(unknown)),
        (true, false) => Err(Error::GroupInactive(inactive)),
        (true, true) => Ok(()),
    }
}
