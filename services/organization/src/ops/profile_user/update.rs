//! The owner changes what a profile user may do, or until when.

use muster_ids::{PersonId, ProfileUserName};
use muster_server::Failure;
use muster_server::etag::{IfMatch, etag};
use muster_states::Transition;
use sqlx::PgConnection;

use super::require_future;
use crate::context::Context;
use crate::domain::{AccessUpdate, OwnersOwn, ProfileUser, ProfileUserState};
use crate::error::Error;
use crate::ops::access_request::settle;
use crate::ops::lock_open_owned;
use crate::ops::ownership::lapse;
use crate::store::profile_user;

/// Whose access, and who changes it.
pub(crate) struct Change {
    pub(crate) name: ProfileUserName,
    pub(crate) update: AccessUpdate,
    /// The owner.
    pub(crate) by: PersonId,
}

/// Changes it. An offer of the ownership to them ends when it does not stand on what they are then.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    change: Change,
    if_match: &IfMatch,
) -> Result<ProfileUser, Error> {
    let ProfileUserName { organization, person } = change.name;
    let now = context.clock.now();
    require_future(change.update.end, now)?;
    lock_open_owned(tx, organization, change.by).await?;
    let user = profile_user::lock(tx, organization, person).await?;
    let user = user.ok_or(Failure::NotFound)?;
    if_match.check(&etag(user.version()))?;
    let was_expired = user.state(now) == ProfileUserState::Expired;
    match user.update(change.update) {
        Transition::Changed(changed) => {
            profile_user::update(tx, &changed, now).await?;
            if was_expired && changed.state(now) != ProfileUserState::Expired {
                // Whose access had expired may have asked for it again.
                settle::apply(tx, organization, person, change.by, now).await?;
            }
            lapse::unless_stands_on(tx, &changed, now).await?;
            Ok(changed)
        }
        Transition::AlreadyDone(user) => Ok(user),
        Transition::Refused(OwnersOwn) => Err(Error::OwnerMustTransfer(organization)),
    }
}
