//! What the organization and its plan say to what is asked for.

use super::Create;
use crate::domain::context::Context;
use crate::error::{Error, Field};

/// Looks at the number of invitations, then at all their groups and locations.
pub(super) fn check(command: &Create, context: &Context) -> Result<(), Error> {
    let (used, limit) = (
        i64::try_from(command.wanted.len()).unwrap_or(i64::MAX),
        context.limits.by_hand,
    );
    if used > limit && used > 1 {
        return Err(Error::TooManyInvitations { used, limit });
    }
    let (mut unknown, mut inactive) = (Vec::new(), Vec::new());
    for wanted in &command.wanted {
        for (place, id) in wanted.groups.iter().enumerate() {
            let path = format!("{}groups[{place}]", wanted.path);
            match context.groups.get(id) {
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
        if wanted
            .location
            .is_some_and(|id| !context.locations.contains_key(&id))
        {
            let path = format!("{}location", wanted.path);
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
