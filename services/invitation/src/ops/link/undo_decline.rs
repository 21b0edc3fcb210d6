//! Taking a decline back: a button was pressed by mistake, or by a program that looks at links.

use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::open::{Opener, open_for_update};
use crate::context::Context;
use crate::domain::invitation::Invitation;
use crate::domain::opt_out::{Lift, LiftedBy};
use crate::error::{Error, unless_superseded};
use crate::ops::At;
use crate::store::closing;
use crate::store::invitation::{lock_by_address, update};
use crate::store::opt_out;

/// Makes a declined invitation what it was before. One that is not declined is answered as it is.
///
/// # Errors
/// What `UndoDecline` and `UndoPersonDecline` refuse.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    opener: &Opener,
) -> Result<At<Invitation>, Error> {
    let time = context.clock.now();
    let is_closed = closing::is_closed(tx, opener.invitation().organization).await?;
    let found = open_for_update(tx, opener, time).await?;
    let thing = match found.undo_decline(time) {
        // The organization takes nothing back any more: it has taken everything back.
        Transition::Changed(_) if is_closed => return Err(Error::Cancelled),
        Transition::Changed(undone) => {
            let lift = Lift {
                by: LiftedBy::Undo,
                person: opener.person(),
                time,
            };
            store(tx, undone, lift).await?
        }
        Transition::AlreadyDone(same) => same,
        Transition::Refused(why) => return Err(why.into()),
    };
    Ok(At { thing, time })
}

async fn store(tx: &mut PgConnection, mut undone: Invitation, lift: Lift) -> Result<Invitation, Error> {
    make_room(tx, &undone, lift.time).await?;
    if !update(tx, &mut undone).await.map_err(unless_superseded)? {
        return Err(Failure::Contended.into());
    }
    opt_out::lift_of(tx, &undone, lift).await?;
    Ok(undone)
}

/// A newer invitation of the address keeps it, unless its time has run out.
async fn make_room(tx: &mut PgConnection, undone: &Invitation, now: OffsetDateTime) -> Result<(), Error> {
    let newer = lock_by_address(tx, undone.organization, undone.address.canonical()).await?;
    match newer.map(|newer| newer.expire(now)) {
        None | Some(Transition::AlreadyDone(_)) => Ok(()),
        Some(Transition::Changed(mut expired)) => {
            update(tx, &mut expired).await?;
            Ok(())
        }
        Some(Transition::Refused(_)) => Err(Error::Superseded),
    }
}
