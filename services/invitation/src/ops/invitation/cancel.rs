//! Taking an invitation back: its link is dead at once, and mail that still waits is dropped.

use muster_ids::InvitationName;
use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::invitation::Invitation;
use crate::error::Error;
use crate::ops::At;
use crate::store::invitation::{lock, update};

/// Cancels an invitation that was not answered; one that is cancelled already is answered as it is.
///
/// # Errors
/// What `CancelInvitation` refuses.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    name: InvitationName,
) -> Result<At<Invitation>, Error> {
    let time = context.clock.now();
    let found = lock(tx, name.organization, name.invitation).await?;
    let thing = match found.ok_or(Failure::NotFound)?.cancel(time) {
        Transition::Changed(mut cancelled) => {
            if !update(tx, &mut cancelled).await? {
                return Err(Failure::Contended.into());
            }
            cancelled
        }
        Transition::AlreadyDone(cancelled) => cancelled,
        Transition::Refused(why) => return Err(why.into()),
    };
    Ok(At { thing, time })
}
