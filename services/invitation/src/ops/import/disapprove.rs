//! Dropping an import: nothing of it becomes an invitation.

use muster_ids::ImportName;
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::import::Import;
use crate::error::Error;
use crate::ops::At;
use crate::store::import::{lock, update};

/// Drops an import that nobody decided on; one that is dropped already is answered as it is.
///
/// # Errors
/// What `DisapproveImport` refuses.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    name: ImportName,
) -> Result<At<Import>, Error> {
    let time = context.clock.now();
    let found = lock(tx, name.organization, name.import).await?;
    let thing = match found.ok_or(Failure::NotFound)?.disapprove(time) {
        Transition::Changed(mut disapproved) => {
            if !update(tx, &mut disapproved).await? {
                return Err(Failure::Contended.into());
            }
            disapproved
        }
        Transition::AlreadyDone(disapproved) => disapproved,
        Transition::Refused(state) => return Err(Error::ImportState(state)),
    };
    Ok(At { thing, time })
}
