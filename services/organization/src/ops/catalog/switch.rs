//! A training of the catalog is assigned, or is not any more.

use muster_ids::CatalogTrainingName;
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{CatalogTraining, CatalogTrainingState, Group};
use crate::error::Error;
use crate::events;
use crate::ops::lock_open;
use crate::store::{catalog, group};

/// A training of the catalog, and the groups that require it, in the order of their names.
pub(crate) struct Switched {
    pub(crate) training: CatalogTraining,
    pub(crate) groups: Vec<Group>,
}

/// Puts a training into a state; one that is in it is answered as it is. What each of the groups that require it assigns from now on is
/// published with the group.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    name: CatalogTrainingName,
    state: CatalogTrainingState,
    actor: &str,
) -> Result<Switched, Error> {
    lock_open(tx, name.organization).await?;
    let training = catalog::lock(tx, name).await?.ok_or(Failure::NotFound)?;
    match training.switch(state) {
        Transition::Changed(training) => {
            catalog::update(tx, &training).await?;
            let groups = group::raise_requiring(tx, name.organization, name.training).await?;
            let now = context.clock.now();
            for group in &groups {
                let id = context.clock.new_id();
                events::group_changed(tx, id, group, actor.to_owned(), now).await?;
            }
            Ok(Switched { training, groups })
        }
        Transition::AlreadyDone(training) => {
            let groups = group::requiring(tx, name.organization, name.training).await?;
            Ok(Switched { training, groups })
        }
        Transition::Refused(never) => match never {},
    }
}
