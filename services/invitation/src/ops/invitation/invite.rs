//! Inviting one address inside a transaction: shared by the calls by hand and by the import worker.

use muster_server::Failure;
use sqlx::PgConnection;

use crate::domain::invitation::{Invitation, State, TooManyGroups};
use crate::error::Error;
use crate::store::invitation::{insert, lock_by_address, update, update_with_groups};
use muster_database::Insertion;
use muster_states::Transition;

/// How often a race may be lost. Each time somebody else got something done with this very address.
const MAX_ATTEMPTS: usize = 8;

/// What inviting an address came to.
#[derive(Debug)]
pub(crate) enum Invited {
    /// A new invitation.
    New(Invitation),
    /// A live one was there; what was asked for is merged into it, and no second mail goes out.
    Live(Invitation),
    /// The address belongs to an active learner.
    AlreadyActive,
    /// With what was asked for a live one would have more groups than an invitation may.
    TooManyGroups,
}

/// Invites `new.address`. The unique index decides races: the loser finds the winner's invitation and merges.
pub(crate) async fn invite(tx: &mut PgConnection, mut new: Invitation) -> Result<Invited, Error> {
    for _ in 0..MAX_ATTEMPTS {
        if insert(tx, &mut new).await? == Insertion::Stored {
            return Ok(Invited::New(new));
        }
        let found = lock_by_address(tx, new.organization, new.address.canonical()).await?;
        // None: it was closed a moment ago.
        let Some(existing) = found else { continue };
        if matches!(existing.state, State::Active(_)) {
            return Ok(Invited::AlreadyActive);
        }
        match existing.expire(new.create_time) {
            Transition::Changed(mut expired) => {
                update(tx, &mut expired).await?;
            }
            Transition::AlreadyDone(_) => {}
            Transition::Refused(live) => return merge(tx, live, &new).await,
        }
    }
    Err(Failure::Contended.into())
}

async fn merge(tx: &mut PgConnection, live: Invitation, new: &Invitation) -> Result<Invited, Error> {
    match live.merge(&new.groups, new.location) {
        Transition::Changed(mut merged) => {
            if !update_with_groups(tx, &mut merged).await? {
                return Err(Failure::Contended.into());
            }
            Ok(Invited::Live(merged))
        }
        Transition::AlreadyDone(live) => Ok(Invited::Live(live)),
        Transition::Refused(TooManyGroups) => Ok(Invited::TooManyGroups),
    }
}
