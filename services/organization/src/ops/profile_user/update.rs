//! The owner changes what a profile user may do, or until when.

use muster_ids::{PersonId, ProfileUserName};
use muster_server::Failure;
use muster_server::etag::{IfMatch, etag};
use muster_states::Transition;
use sqlx::PgConnection;

use super::require_future;
use crate::context::Context;
use crate::domain::{AccessUpdate, OwnersOwn, ProfileUser};
use crate::error::Error;
use crate::ops::lock_open_owned;
use crate::store::profile_user;

/// Whose access, and who changes it.
pub(crate) struct Change {
    pub(crate) name: ProfileUserName,
    pub(crate) update: AccessUpdate,
    /// The owner.
    pub(crate) by: PersonId,
}

/// Changes it.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    change: Change,
    if_match: &IfMatch,
) -> Result<ProfileUser, Error> {
    let ProfileUserName { organization, person } = change.name;
    require_future(change.update.end, context.clock.now())?;
    lock_open_owned(tx, organization, change.by).await?;
    let user = profile_user::lock(tx, organization, person).await?;
    let user = user.ok_or(Failure::NotFound)?;
    if_match.check(&etag(user.version()))?;
    match user.update(change.update) {
        Transition::Changed(changed) => {
            profile_user::update(tx, &changed).await?;
            Ok(changed)
        }
        Transition::AlreadyDone(user) => Ok(user),
        Transition::Refused(OwnersOwn) => Err(Error::OwnerMustTransfer),
    }
}
