//! Taking an invitation back: its link is dead at once, and mail that still waits is dropped.

use muster_database::idempotency::{Answer, Key};
use muster_ids::InvitationName;
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::context::Context;
use crate::domain::invitation::Invitation;
use crate::error::Error;
use crate::ops::At;
use crate::store::invitation::{lock, update};

/// Cancels an invitation that was not answered; one that is cancelled already is answered as it is.
///
/// # Errors
/// What `CancelInvitation` refuses.
pub(crate) async fn cancel<R, T>(context: &Context, key: &Key, name: InvitationName) -> Result<R, Error>
where
    R: Answer<T>,
    T: From<At<Invitation>>,
{
    let time = context.clock.now();
    let apply = async |tx: &mut PgConnection| {
        let thing = apply(tx, name, time).await?;
        Ok(At { thing, time }.into())
    };
    context.database.once(key, time, apply).await
}

async fn apply(
    tx: &mut PgConnection,
    name: InvitationName,
    now: OffsetDateTime,
) -> Result<Invitation, Error> {
    let found = lock(tx, name.organization, name.invitation).await?;
    match found.ok_or(Failure::NotFound)?.cancel(now) {
        Transition::Changed(mut cancelled) => {
            if update(tx, &mut cancelled).await? {
                Ok(cancelled)
            } else {
                Err(Failure::Contended.into())
            }
        }
        Transition::AlreadyDone(invitation) => Ok(invitation),
        Transition::Refused(state) => Err(state.into()),
    }
}
