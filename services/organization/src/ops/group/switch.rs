//! A group takes learners, or takes none any more.

use muster_ids::GroupName;
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{Group, GroupState};
use crate::error::Error;
use crate::events;
use crate::ops::lock_open;
use crate::store::group;

/// Puts a group into a state, and publishes that; one that is in it is answered as it is.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    name: GroupName,
    state: GroupState,
    actor: String,
) -> Result<Group, Error> {
    lock_open(tx, name.organization).await?;
    let group = group::lock(tx, name).await?.ok_or(Failure::NotFound)?;
    match group.switch(state) {
        Transition::Changed(changed) => {
            group::update(tx, &changed).await?;
            let (id, now) = (context.clock.new_id(), context.clock.now());
            events::group_changed(tx, id, &changed, actor, now).await?;
            Ok(changed)
        }
        Transition::AlreadyDone(group) => Ok(group),
        Transition::Refused(never) => match never {},
    }
}
