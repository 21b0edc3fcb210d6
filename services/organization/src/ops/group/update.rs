//! A group gets another name or other trainings.

use muster_ids::GroupName;
use muster_server::Failure;
use muster_server::etag::{IfMatch, etag};
use muster_states::Transition;
use sqlx::PgConnection;

use super::create::require_in_catalog;
use crate::context::Context;
use crate::domain::{Group, GroupUpdate};
use crate::error::Error;
use crate::events;
use crate::ops::lock_open;
use crate::store::group;

/// Changes a group; that it requires other trainings is published.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    name: GroupName,
    update: GroupUpdate,
    if_match: &IfMatch,
    actor: String,
) -> Result<Group, Error> {
    lock_open(tx, name.organization).await?;
    let group = group::lock(tx, name).await?.ok_or(Failure::NotFound)?;
    if_match.check(&etag(group.version))?;
    let required = group.trainings.clone();
    match group.update(update) {
        Transition::Changed(changed) => {
            require_in_catalog(tx, &changed, &required).await?;
            let stored = group::update(tx, &changed).await;
            stored.map_err(|error| Error::taken(error, group::NAME_TAKEN, Error::GroupNameTaken))?;
            if changed.trainings != required {
                let (id, now) = (context.clock.new_id(), context.clock.now());
                events::group_changed(tx, id, &changed, actor, now).await?;
            }
            Ok(changed)
        }
        Transition::AlreadyDone(group) => Ok(group),
        Transition::Refused(never) => match never {},
    }
}
