//! One owner leaves, and another takes their place.

use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{Access, End, GivenAccess, GivenRole, Organization, Origin, Owner, ProfileUser};
use crate::error::Error;
use crate::store::{organization, profile_user};

/// Puts `next` in the place of the owner of a locked profile, who becomes an admin: by no employment, which may have ended
/// while they owned it.
pub(super) async fn apply(
    tx: &mut PgConnection,
    profile: Organization,
    next: Owner,
    now: OffsetDateTime,
) -> Result<Organization, Error> {
    let former = profile.owner.clone();
    let moved = match profile.owned_by(next) {
        Transition::Changed(moved) => moved,
        Transition::AlreadyDone(same) => return Ok(same),
        Transition::Refused(never) => match never {},
    };
    profile_user::delete_access(tx, moved.id, moved.owner.person).await?;
    organization::update(tx, &moved).await?;
    let access = GivenAccess::new(GivenRole::Admin, Origin::Request, End(None), now);
    let admin = ProfileUser {
        organization: moved.id,
        person: former.person,
        display_name: former.display_name,
        access: Access::Given(access),
    };
    profile_user::put(tx, &admin).await?;
    Ok(moved)
}
