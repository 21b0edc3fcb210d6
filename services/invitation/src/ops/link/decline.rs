//! Declining: the link is enough, or an account that has the address; a day is left to take it back.

use muster_server::Failure;
use muster_states::Transition;
use sqlx::PgConnection;

use super::open::{Opener, open_for_update};
use crate::context::Context;
use crate::domain::invitation::Invitation;
use crate::error::Error;
use crate::ops::At;
use crate::store::invitation::update;
use crate::store::opt_out;

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Decline {
    pub(crate) opener: Opener,
    /// Whether the organization is to send no further invitation to the address.
    pub(crate) not_again: bool,
}

/// Declines an invitation that was not answered; one that is declined already is answered as it is.
///
/// # Errors
/// What `DeclineInvitation` and `DeclinePersonInvitation` refuse.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    command: &Decline,
) -> Result<At<Invitation>, Error> {
    let time = context.clock.now();
    let found = open_for_update(tx, &command.opener, time).await?;
    let thing = match found.decline(time) {
        Transition::Changed(mut declined) => {
            if !update(tx, &mut declined).await? {
                return Err(Failure::Contended.into());
            }
            declined
        }
        Transition::AlreadyDone(declined) => declined,
        Transition::Refused(why) => return Err(why.into()),
    };
    if command.not_again {
        opt_out::insert(tx, &thing, time).await?;
    }
    Ok(At { thing, time })
}
