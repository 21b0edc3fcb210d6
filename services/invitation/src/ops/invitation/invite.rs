//! Inviting addresses inside a transaction: shared by the calls by hand and by the import worker.

use std::collections::HashSet;

use muster_ids::OrganizationId;
use muster_server::Failure;
use sqlx::PgConnection;

use crate::domain::invitation::{Invitation, State, TooManyGroups};
use crate::error::Error;
use crate::store::invitation::{
    insert, insert_all, lock_by_address, occupied_among, update, update_with_groups,
};
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

impl Invited {
    /// The new invitation, if it is one.
    pub(crate) fn made(&self) -> Option<&Invitation> {
        match self {
            Self::New(invitation) => Some(invitation),
            Self::Live(_) | Self::AlreadyActive | Self::TooManyGroups => None,
        }
    }
}

/// Invites the address of each draft, and answers in their order, which is to be that of the addresses: two transactions
/// that invite many then seldom wait for each other in a circle. Neighbours whose addresses are free are one statement.
pub(crate) async fn invite_all(
    tx: &mut PgConnection,
    organization: OrganizationId,
    drafts: Vec<Invitation>,
) -> Result<Vec<Invited>, Error> {
    let addresses: Vec<&str> = drafts.iter().map(|draft| draft.address.canonical()).collect();
    let occupied = match addresses.len() {
        0 | 1 => HashSet::new(),
        _ => occupied_among(tx, organization, &addresses).await?,
    };
    invite_beside(tx, drafts, &occupied).await
}

/// As [`invite_all`], by whoever has just looked which of the addresses are occupied.
pub(crate) async fn invite_beside(
    tx: &mut PgConnection,
    drafts: Vec<Invitation>,
    occupied: &HashSet<String>,
) -> Result<Vec<Invited>, Error> {
    let mut invited = Vec::with_capacity(drafts.len());
    let mut free: Vec<Invitation> = Vec::new();
    for draft in drafts {
        let address = draft.address.canonical();
        let is_repeated = free
            .last()
            .is_some_and(|last| last.address.canonical() == address);
        if is_repeated || occupied.contains(address) {
            invite_free(tx, std::mem::take(&mut free), &mut invited).await?;
            invited.push(invite(tx, draft).await?);
        } else {
            free.push(draft);
        }
    }
    invite_free(tx, free, &mut invited).await?;
    Ok(invited)
}

/// Invites addresses that were free a moment ago. Those that somebody else invited since are merged afterwards: the one
/// place where two transactions could wait in a circle. The database breaks it after a second, and nothing is stored of one.
async fn invite_free(
    tx: &mut PgConnection,
    mut drafts: Vec<Invitation>,
    invited: &mut Vec<Invited>,
) -> Result<(), Error> {
    if drafts.is_empty() {
        return Ok(());
    }
    let stored = insert_all(tx, &mut drafts).await?;
    for (draft, stored) in drafts.into_iter().zip(stored) {
        invited.push(match stored {
            Insertion::Stored => Invited::New(draft),
            Insertion::Exists => invite(tx, draft).await?,
        });
    }
    Ok(())
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
    match live.merge(new) {
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
