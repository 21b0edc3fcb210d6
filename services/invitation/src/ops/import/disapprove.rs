//! Dropping an import: nothing of it becomes an invitation.

use muster_database::idempotency::{Answer, Key};
use muster_ids::ImportName;
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::domain::import::Import;
use crate::error::Error;
use crate::ops::At;
use crate::store::import::{lock, update};

/// Drops an import that nobody decided on; one that is dropped already is answered as it is.
///
/// # Errors
/// What `DisapproveImport` refuses.
pub(crate) async fn disapprove<R, T>(context: &Context, key: &Key, name: ImportName) -> Result<R, Error>
where
    R: Answer<T>,
    T: From<At<Import>>,
{
    let now = context.clock.now();
    let apply = async |tx: &mut PgConnection| {
        let import = apply(tx, name, now).await?;
        let at = At {
            thing: import,
            time: now,
        };
        Ok(at.into())
    };
    context.database.once(key, now, apply).await
}

async fn apply(tx: &mut PgConnection, name: ImportName, now: OffsetDateTime) -> Result<Import, Error> {
    let import = lock(tx, name.organization, name.import)
        .await?
        .ok_or(Failure::NotFound)?;
    match import.disapprove(now) {
        Transition::Changed(mut disapproved) => {
            if update(tx, &mut disapproved).await? {
                Ok(disapproved)
            } else {
                Err(Failure::Contended.into())
            }
        }
        Transition::AlreadyDone(import) => Ok(import),
        Transition::Refused(state) => Err(Error::ImportState(state)),
    }
}
