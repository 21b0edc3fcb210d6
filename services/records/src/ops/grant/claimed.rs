//! A consent that came with a claim becomes a grant.

use muster_database::{DatabaseError, Insertion};
use muster_states::Transition;
use sqlx::PgConnection;

use crate::domain::{ClaimedConsent, Grant, GrantState, Overtaken, Parties};
use crate::store::grant;

/// Makes the grant, once: by its name it is known whether that was done, whatever became of it since. `is_over`: the employment is, or
/// was, or another one has taken its place. What the person decided after the claim counts more, and what they decided before gives way, also what
/// the organization asked for: that is granted first. The projection of the employment is locked.
///
/// # Errors
/// The database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    parties: Parties,
    consent: ClaimedConsent,
    is_over: bool,
) -> Result<(), DatabaseError> {
    let Parties {
        person,
        organization,
        employment: _,
    } = parties;
    if grant::find(tx, person, consent.grant).await?.is_some() {
        return Ok(());
    }
    // Locked first: whoever is deciding about one of them now has decided when it is asked what was.
    let mut live = grant::lock_live(tx, person, organization).await?;
    let decided = grant::decided_after(tx, person, organization, consent.time).await?;
    let overtaken = match decided {
        Some(time) => Overtaken::ByDecision(time),
        None if is_over => Overtaken::ByEnd,
        None => Overtaken::No,
    };
    if overtaken == Overtaken::No {
        // At most one is in force: it goes before what was asked for is granted.
        live.sort_by_key(|live| live.state == GrantState::Requested);
        for live in live {
            give_way(tx, live, &consent).await?;
        }
    }
    match grant::insert(tx, &Grant::of_claim(consent, parties, overtaken)).await? {
        Insertion::Stored => Ok(()),
        Insertion::Exists => {
            let text = "a grant came to be beside the lock of its employment";
            Err(DatabaseError::Inconsistent(text.to_owned()))
        }
    }
}

/// What was in force, or asked for, makes room.
async fn give_way(tx: &mut PgConnection, live: Grant, consent: &ClaimedConsent) -> Result<(), DatabaseError> {
    // Also of what was asked for since: it is decided by the claim, and a later claim is later than that.
    let time = consent.time;
    let active = match live.state_at(time) {
        GrantState::Active => live,
        GrantState::Requested => match live.approve(consent.terms.clone(), time) {
            Transition::Changed(approved) => {
                grant::update(tx, &approved).await?;
                approved
            }
            Transition::AlreadyDone(_) | Transition::Refused(_) => return Ok(()),
        },
        _ => return grant::update(tx, &live.expire()).await,
    };
    match active.revoke(time) {
        Transition::Changed(revoked) => grant::update(tx, &revoked).await,
        Transition::AlreadyDone(over) => grant::update(tx, &over.expire()).await,
        Transition::Refused(never) => match never {},
    }
}
