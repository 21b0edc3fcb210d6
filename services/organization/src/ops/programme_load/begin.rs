//! A load begins, or goes on.

use muster_ids::{PersonId, ProgrammeLoadId};
use muster_server::Failure;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{ProgrammeLoad, RowCounts};
use crate::error::Error;
use crate::store::programme_load;

/// Which load, and what is to come.
pub(crate) struct Beginning {
    pub(crate) id: ProgrammeLoadId,
    /// From 1.
    pub(crate) row_count: i32,
    pub(crate) creator: PersonId,
    /// Why, for the audit.
    pub(crate) reason: String,
}

/// Begins a load; one of that name that was begun before goes on, and who began it and why stays.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    beginning: Beginning,
) -> Result<ProgrammeLoad, Error> {
    let new = ProgrammeLoad {
        id: beginning.id,
        row_count: beginning.row_count,
        taken: RowCounts::default(),
        creator: beginning.creator,
        reason: beginning.reason,
        create_time: context.clock.now(),
        finish_time: None,
    };
    programme_load::insert_unless_begun(tx, &new).await?;
    let load = programme_load::lock(tx, new.id).await?;
    let load = load.ok_or(Failure::NotFound)?;
    if load.row_count == new.row_count {
        Ok(load)
    } else {
        Err(Error::ProgrammeLoadReused)
    }
}
