//! Somebody asks an organization to be let in.

use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::domain::{
    Access, AccessRequest, AccessRequestState, Asker, COUNTED, MAX_ACCESS_REQUESTS, Organization,
    OrganizationNumber, OrganizationState, ProfileUser, ProfileUserState, Wish,
};
use crate::error::Error;
use crate::ops::access_mail::notify;
use crate::store::{access_request, organization, profile_user};

/// Who asks which organization for what.
pub(crate) struct Asking {
    pub(crate) number: OrganizationNumber,
    /// `None` when nobody tells a verified address of theirs.
    pub(crate) asker: Option<Asker>,
    pub(crate) wish: Wish,
}

/// Asks, and has the owner mailed; a request that waits there already is answered as it is.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    asking: Asking,
) -> Result<AccessRequest, Error> {
    let now = context.clock.now();
    let asker = asking.asker.ok_or(Error::AddressUnknown)?;
    access_request::lock_asker(tx, asker.person).await?;
    let organization = lock_asked(tx, &asking.number).await?;
    let user = profile_user::find(tx, organization.id, asker.person).await?;
    if let Some(user) = user
        && user.state(now) != ProfileUserState::Expired
        && !is_to_tell_address(tx, &user).await?
    {
        return Err(Error::ProfileUserExists);
    }
    if let Some(latest) = access_request::lock_latest(tx, organization.id, asker.person).await? {
        if latest.clone().at(now).state == AccessRequestState::Pending {
            return Ok(latest);
        }
        if let Some(until) = latest.cools_until(now) {
            return Err(Error::AccessRequestDenied(until));
        }
        if let Transition::Changed(expired) = latest.expire(now) {
            access_request::update(tx, &expired).await?;
        }
    }
    refuse_too_many(tx, &asker, now).await?;
    let id = context.clock.new_id();
    let new = AccessRequest::new(
        (organization.id, organization.number),
        id,
        asker,
        asking.wish,
        now,
    );
    access_request::insert(tx, &new).await?;
    notify::apply(tx, context, new.organization).await?;
    Ok(new)
}

/// Whether a profile user asks for the sake of their address: whose access came from an employment has told none. The owner's own
/// request nobody could decide on.
async fn is_to_tell_address(tx: &mut PgConnection, user: &ProfileUser) -> Result<bool, Error> {
    let is_given = matches!(user.access, Access::Given(_));
    let known = profile_user::find_address(tx, user.organization, user.person).await?;
    Ok(is_given && known.is_none())
}

/// The organization of that number, locked. One that was never approved is nobody's to know of.
async fn lock_asked(tx: &mut PgConnection, number: &OrganizationNumber) -> Result<Organization, Error> {
    let found = organization::lock_numbered(tx, number).await?;
    let found = found.filter(|organization| organization.approve_time.is_some());
    let found = found.ok_or(Failure::NotFound)?;
    if found.state == OrganizationState::Active {
        Ok(found)
    } else {
        Err(Error::OrganizationNotActive)
    }
}

/// Those who ask again and again after they were refused, or took it back, are counted too.
async fn refuse_too_many(tx: &mut PgConnection, asker: &Asker, now: OffsetDateTime) -> Result<(), Error> {
    let used = access_request::count_of_person(tx, asker.person, now - COUNTED).await?;
    if used >= MAX_ACCESS_REQUESTS {
        return Err(Error::TooManyAccessRequests { used });
    }
    Ok(())
}
