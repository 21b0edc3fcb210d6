//! The owner makes an employee a profile user.

use muster_ids::{OrganizationId, PersonId};
use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{know, require_future};
use crate::context::Context;
use crate::domain::{
    Access, Asker, End, GivenAccess, GivenRole, Origin, OwnersOwn, ProfileUser, ProfileUserState,
};
use crate::error::Error;
use crate::ops::access_request::settle;
use crate::ops::lock_open_owned;
use crate::store::{employment_projection, profile_user};

/// Whom the owner adds, and as what.
pub(crate) struct NewProfileUser {
    pub(crate) organization: OrganizationId,
    pub(crate) person: PersonId,
    pub(crate) role: GivenRole,
    pub(crate) end: End,
    /// The owner.
    pub(crate) by: PersonId,
}

/// Asks for a verification that no event has told of yet. What cannot be granted anyway is refused before anybody is asked.
///
/// # Errors
/// An end that is not to come; of a peer; the database's.
pub(crate) async fn prepare(context: &Context, new: &NewProfileUser) -> Result<(), Error> {
    require_future(Some(new.end), context.clock.now())?;
    if new.person == new.by {
        return Ok(());
    }
    know::prepare(context, new.organization, new.person).await
}

/// Gives access that comes from a verified employment, or raises what the person has. What they asked for is granted with it.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    new: NewProfileUser,
) -> Result<ProfileUser, Error> {
    let now = context.clock.now();
    require_future(Some(new.end), now)?;
    lock_open_owned(tx, new.organization, new.by).await?;
    let known = profile_user::lock(tx, new.organization, new.person).await?;
    let is_owner = new.person == new.by;
    if !is_owner && !employment_projection::is_verified(tx, new.organization, new.person).await? {
        return Err(Error::EmployeeNotVerified);
    }
    let asker = settle::apply(tx, new.organization, new.person, new.by, now).await?;
    if let Some(Asker { person, address, .. }) = &asker {
        profile_user::put_address(tx, new.organization, *person, address, now).await?;
    }
    match known {
        Some(user) if user.state(now) != ProfileUserState::Expired => raise(tx, user, &new, now).await,
        // Expired access is none: what it was does not come back.
        _ => {
            let access = GivenAccess::new(new.role, Origin::Employment, new.end, now);
            let user = ProfileUser {
                organization: new.organization,
                person: new.person,
                display_name: asker.and_then(|asker| asker.display_name),
                access: Access::Given(access),
            };
            profile_user::put(tx, &user).await?;
            Ok(user)
        }
    }
}

async fn raise(
    tx: &mut PgConnection,
    user: ProfileUser,
    new: &NewProfileUser,
    now: OffsetDateTime,
) -> Result<ProfileUser, Error> {
    let organization = user.organization;
    match user.raise(new.role, new.end) {
        Transition::Changed(raised) => {
            profile_user::update(tx, &raised, now).await?;
            Ok(raised)
        }
        Transition::AlreadyDone(user) => Ok(user),
        Transition::Refused(OwnersOwn) => Err(Error::OwnerMustTransfer(organization)),
    }
}
