//! Inviting one address inside a transaction: shared by the calls by hand and by the import worker.

use sqlx::PgConnection;

use crate::domain::invitation::{Invitation, MAX_GROUPS, State};
use crate::error::Error;
use crate::store::invitations;

/// How often a race may be lost. Each time somebody else got something done with this very address.
const TRIES: usize = 8;

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
pub(crate) async fn invite(tx: &mut PgConnection, new: Invitation) -> Result<Invited, Error> {
    for _ in 0..TRIES {
        if invitations::insert(tx, &new).await? {
            return Ok(Invited::New(new));
        }
        let there = invitations::lock_by_address(tx, new.organization, new.address.canonical()).await?;
        match there {
            // It was accepted, cancelled or marked a moment ago.
            None => {}
            Some(there) if matches!(there.state, State::Active(_)) => return Ok(Invited::AlreadyActive),
            Some(there) if there.is_live(new.create_time) => return merge(tx, there, &new).await,
            Some(expired) => invitations::mark_expired(tx, &expired, new.create_time).await?,
        }
    }
    Err(Error::Contended)
}

async fn merge(tx: &mut PgConnection, there: Invitation, new: &Invitation) -> Result<Invited, Error> {
    let surplus = new.groups.iter().filter(|id| !there.groups.contains(id)).count();
    if there.groups.len() + surplus > MAX_GROUPS {
        return Ok(Invited::TooManyGroups);
    }
    if !invitations::merge(tx, &there, &new.groups, new.location).await? {
        return Ok(Invited::Live(there));
    }
    let merged = invitations::find(tx, there.organization, there.id).await?;
    Ok(Invited::Live(merged.ok_or(Error::Contended)?))
}
