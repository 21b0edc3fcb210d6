//! Somebody's access is taken away, or given up.

use muster_ids::{PersonId, ProfileUserName};
use muster_server::Failure;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{Access, ProfileUser};
use crate::error::Error;
use crate::ops::ownership::lapse;
use crate::store::{organization, profile_user};

/// Whose access, and who ends it.
pub(crate) struct Removal {
    pub(crate) name: ProfileUserName,
    pub(crate) by: PersonId,
}

/// Removes a profile user; answers what they were. Also of a closed organization: who leaves may always leave.
/// An offer of the ownership to them ends with it.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    removal: Removal,
) -> Result<ProfileUser, Error> {
    let ProfileUserName { organization, person } = removal.name;
    let profile = organization::lock(tx, organization).await?;
    let owner = profile.ok_or(Failure::NotFound)?.owner.person;
    if removal.by != person && removal.by != owner {
        return Err(Error::NotTheirs);
    }
    let user = profile_user::lock(tx, organization, person).await?;
    let user = user.ok_or(Failure::NotFound)?;
    match user.access {
        Access::Owned { .. } => Err(Error::OwnerMustTransfer(organization)),
        Access::Given(_) => {
            profile_user::delete(tx, organization, person).await?;
            lapse::of_person(tx, organization, person, context.clock.now()).await?;
            Ok(user)
        }
    }
}
